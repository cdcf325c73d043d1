// Messages on their way into a queue of qmail 1.03's, a batch at a time. Runs in
// that queue, with its lock/sendmutex held; as root it gives files their owners.
//
// The files of each message are written in export/ and synced. A message's number
// is the inode of its file there, which keeps a name in export/ until all is done,
// so that nobody else gets the number. Then the journal says that they are to be
// published; they are linked into place; and at last the file of the sender is
// renamed to info/S/NUMBER, which alone makes it a message for qmail. After a
// crash what stands in export/ and in the journal is published, what stands in
// export/ alone is thrown away.
#pragma once
#include "mail/instance.h"
#include "mail/message.h"
#include "queue/transfer_journal.h"

struct ExportedMessage {
  Buf info, local, remote, bounce;  // files of qmail's; local, remote and bounce only when not empty
  int64_t birth = 0, due = 0;
};

class ExportStage {
 public:
  // Makes the queue dir if it is missing, and makes it the working directory. No
  // split: the queue's own, or 23 for a new one. EPROTO: there is something else;
  // EINVAL: its split is another; EWOULDBLOCK: its qmail-send runs. An interrupted
  // run is finished.
  static Result<ExportStage> open(const char* dir, std::optional<uint64_t> split, const Roles&);

  bool has(const TransferKey& key) const { return journal_.find(key); }

  // Writes a message, to be published by the next call of publish().
  Result<> add(const TransferKey&, const Message& body, const ExportedMessage&);

  size_t staged() const { return batch_.size(); }
  Result<> publish();

 private:
  ExportStage(uint64_t split, const Roles& roles, Fd lock, TransferJournal journal)
      : split_(split), roles_(roles), lock_(std::move(lock)), journal_(std::move(journal)) {}
  void set_place(Buf&, Str part, uint64_t number) const;
  Result<bool> is_free(uint64_t number) const;
  Result<uint64_t> write_body(uint64_t id, const Message&) const;
  Result<> write_part(uint64_t id, Str part, Str content, int64_t time) const;
  Result<> put_in_place(const std::vector<TransferEntry>&) const;
  Result<> sync_part(Str part, const std::vector<TransferEntry>&) const;
  Result<> recover();

  uint64_t split_;
  const Roles& roles_;
  Fd lock_;
  TransferJournal journal_;
  std::vector<TransferEntry> batch_;
};
