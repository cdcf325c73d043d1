// A message that is being worked on: its file open, what is known of its
// recipients in memory. Owned by the Scheduler, and points back from Known::job.
#pragma once
#include "mail/message.h"
#include "mail/state.h"
#include "send/schedule.h"

// One walk over the recipients of one channel, at most one try for each.
struct Pass {
  bool open = false;
  bool at_end = false;     // the walk is over, perhaps not its deliveries
  bool held = false;       // its next recipient waits for its host's share
  bool has_tried = false;  // some recipient
  bool dying = false;      // the message is too old: a deferral is a failure
  bool left = false;       // some recipient of the channel is not settled after its try
  size_t running = 0;      // deliveries
  int64_t retry_at = 0;
  EnvelopeCursor cursor;

  // The walk passes over recipients whose host's share is used up. If it did, it
  // goes on once more from the first of them; then it stops before each such one.
  std::optional<EnvelopeCursor> passed_over;
  Buf passed_host;
  bool second_walk = false;
  std::vector<bool> tried;  // by recipient, those tried behind the first that was passed over
};

// The walk that settles recipients which an order ends, whatever the concurrency.
struct Sweep {
  bool open = false;
  EnvelopeCursor cursor;
};

class Job {
 public:
  // Opens the message. ENOENT: it is gone; EBADMSG: it is damaged.
  static Result<Job*> open(Known&);
  Job(const Job&) = delete;

  Known& known() { return known_; }
  const Message& message() const { return message_; }
  uint64_t id() const { return message_.trailer().id; }
  Str sender() const { return sender_; }
  Pass& pass(Channel c) { return passes_[static_cast<int>(c)]; }
  bool is_busy() const;  // has a pass or the sweep open
  Sweep& sweep() { return sweep_; }

  // Reads envelope and state, at most 64 kB of each a call; true once all is read
  // and right. EBADMSG: the envelope is damaged.
  Result<bool> load(const Router&);
  bool is_present(Channel c) const { return present_[static_cast<int>(c)]; }  // has recipients of that channel
  bool is_loaded() const { return stage_ == Stage::loaded; }
  bool had_state() const { return had_state_; }  // it was worked on before

  uint64_t unsettled() const { return unsettled_; }
  uint64_t on_hold() const { return on_hold_; }      // of those
  bool has_endings() const { return endings_ > 0; }  // some of them are to be settled by a sweep
  bool has_failures() const { return failed_; }
  bool needs_bounce() const { return failed_ && !bounced_; }
  RecipientBits& bits() { return bits_; }
  void settle(uint32_t recipient);  // K or D: nothing is to be tried any more

  // Appends what became of a recipient to the state file, which is made when
  // missing. On an error nothing is recorded, and the recipient is not settled.
  Result<> record_done(uint32_t recipient);
  Result<> record_removed(uint32_t recipient);
  Result<> record_failed(uint32_t recipient, Str address, Str text);
  Result<> record_deferred(uint32_t recipient, Str text);
  Result<> record_bounced();

  // Appends an order for these recipients (none: for all that are not settled), in
  // one write, and carries it out, as far as it is a matter of what is known here:
  // settling them is left to a sweep. Those that are settled are passed over.
  Result<> record_order(StateRecord::Kind, std::span<const uint32_t>);
  int state_fd() const { return state_.get(); }

  // Writes down when it is due, as the state file's mtime. Best effort: without
  // it the message is due at once after a restart.
  void note_due(int64_t);

 private:
  enum class Stage : uint8_t { envelope, state, loaded };
  Job(Known& k, Message m) : known_(k), message_(std::move(m)), bits_(message_.trailer().recipients) {}
  void recall();
  void give_order(uint32_t recipient, Order);
  void give_order(Order);  // to all
  Result<> open_state();
  Result<> load_envelope(const Router&);
  Result<> load_state();
  Result<> append(const StateRecord&);
  Result<> append(Str records);

  Known& known_;
  Message message_;
  Buf sender_;
  RecipientBits bits_;
  uint64_t unsettled_ = 0, on_hold_ = 0, endings_ = 0;
  bool failed_ = false, bounced_ = false, had_state_ = false;
  bool unreadable_ = false;  // half a record stands at the state file's end: nothing behind it would be read
  Stage stage_ = Stage::envelope;
  bool present_[2] = {false, false};
  EnvelopeCursor cursor_;
  StateReader reader_;
  Fd state_;
  Buf last_deferral_;
  Pass passes_[2];
  Sweep sweep_;
};
