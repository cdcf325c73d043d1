// What a state file tells of a message, all of it at once: for tools that show or
// rewrite it. qmail-send, which must not read so much in one go, has its own way.
#pragma once
#include "mail/state.h"

struct RecipientState {
  enum class Fate : uint8_t { open, done, failed, removed };
  Fate fate = Fate::open;
  Order order = Order::none;  // of what is open
  bool expired = false;       // failed, by an order
  uint32_t deferral_sum = 0;  // checksum of the text of its last deferral
  // Where the records are that hold its texts; 0: there is none.
  uint64_t deferral_at = 0, failure_at = 0;
};

class MessageState {
 public:
  // Of an open file, from its start; fd -1: there is none. Leaves the file as it is.
  static Result<MessageState> read(int fd, const Trailer&);

  const RecipientState& of(uint64_t recipient) const { return recipients_[static_cast<size_t>(recipient)]; }
  bool bounced() const { return bounced_; }
  uint64_t size() const { return good_size_; }  // of what could be read

  // The record at such a place; its views are valid until the next call.
  Result<StateRecord> record_at(uint64_t place);

  // Why it failed or was last deferred; of one that an order made fail, both.
  Result<> append_reason(Buf&, const RecipientState&);

 private:
  MessageState() = default;
  void note(const StateRecord&, uint64_t place);
  void give_order(RecipientState&, Order);
  std::vector<RecipientState> recipients_;
  StateReader reader_;
  bool bounced_ = false;
  uint64_t good_size_ = 0;
  uint64_t deferral_at_ = 0;  // the last that brought its text
  uint32_t deferral_sum_ = 0;
};

// Writes to out, which is empty, a state file that says the same in fewer bytes:
// one record for each recipient that has one, deferrals with the same text in a
// row. Returns its size.
Result<uint64_t> compact_state(int state, int out, const Trailer&);
