// Messages on their way into the queue from elsewhere, a batch at a time. Runs in
// queue/, with lock/sendmutex held; as root it gives files their owners.
//
// Each message and its state are written in import/ and synced; then the journal
// says that they are to be published, synced too; then they are linked and renamed
// into place. After a crash what stands in import/ and in the journal is
// published, what stands in import/ alone is thrown away. The rename is what
// decides, and it happens once.
#pragma once
#include "mail/instance.h"
#include "mail/message.h"
#include "queue/import_message.h"
#include "queue/transfer_journal.h"

class ImportStage {
 public:
  // Makes import/ if missing, and finishes what an interrupted run left there.
  static Result<ImportStage> open(const Roles&);

  bool has(const TransferKey& key) const { return journal_.find(key); }

  // Writes a message, body from its start, to be published by the next call of
  // publish(). The key's size and checksum are the body's. due: its next try, 0: at
  // once. An Err leaves nothing that counts.
  Result<> add(const TransferKey&, const ForeignMessage&, const ImportedMessage&);

  size_t staged() const { return batch_.size(); }
  Result<> publish();

 private:
  ImportStage(const Roles& roles, TransferJournal journal) : roles_(roles), journal_(std::move(journal)) {}
  Result<uint64_t> choose_id(int64_t birth, uint64_t number) const;
  Result<> write_state(const Trailer&, const ForeignMessage&, const ImportedMessage&);
  Result<> put_in_place(const std::vector<uint64_t>& ids);
  Result<> recover();
  Result<> settle(int fd, uid_t owner, mode_t) const;

  const Roles& roles_;
  TransferJournal journal_;
  std::vector<TransferEntry> batch_;
};
