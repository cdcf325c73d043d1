// The connection to qmail-lspawn or qmail-rspawn (protocol: doc/internals.md).
#pragma once
#include <vector>

#include "lib/sys.h"
#include "mail/route.h"

class Job;

// One recipient under way.
struct Attempt {
  Job* job = nullptr;
  uint32_t recipient = 0;  // its number in the message
  uint64_t log_number = 0;
  Buf plain;  // its address as the sender knows it
};

class SpawnerLink {
 public:
  explicit SpawnerLink(Channel channel) : channel_(channel) {}
  Channel channel() const { return channel_; }

  // Takes over both descriptors and waits for the spawner's first word, its
  // limit. EPROTO: what came is none.
  Result<> open(Fd commands, Fd reports);
  uint32_t limit() const { return limit_; }

  // Transactions: each is one process of the spawner's, for one recipient or,
  // on the remote channel, for several at one host.
  size_t running() const { return running_; }
  struct Outgoing {
    Buf address;  // as the delivery gets it
    Attempt delivery;
  };
  // running() must be below limit(). host is what the end of the transaction is told by.
  void start(Str message_name, Str sender, Str host, std::vector<Outgoing>&);

  // The other end is gone: nothing will be reported any more.
  bool lost() const { return lost_; }

  int commands() const { return commands_.get(); }
  int reports() const { return reports_.get(); }
  bool has_commands() const { return !pending_.empty(); }
  void send_commands();  // as many as the pipe takes

  // Reads what is there. next_report then yields each whole one: the delivery
  // and what came of it, a letter and a text. False: no more.
  void receive();
  struct Report {
    Attempt delivery;
    Buf text;
    std::optional<Buf> ended_host;  // the transaction was with this host, and is over
  };
  enum class Got : uint8_t { report, out_of_range, nothing };
  Got next_report(Report&);

 private:
  struct Transaction {
    std::vector<Attempt> deliveries;
    Buf host;
    size_t outstanding = 0;
  };
  Channel channel_;
  Fd commands_, reports_;
  uint32_t limit_ = 0;
  size_t running_ = 0;
  bool lost_ = false;
  Buf pending_;   // commands not yet written
  Buf received_;  // reports not yet parsed
  size_t parsed_ = 0;
  std::vector<Transaction> transactions_;  // by slot
  std::vector<uint32_t> free_;             // slots
};
