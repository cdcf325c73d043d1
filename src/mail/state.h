// What is known of a message's recipients: the file state/S/ID, absent for most
// messages (doc/internals.md). Written by qmail-send alone, append-only.
//
// A header binds the file to its message; each record carries a checksum. What
// stands behind the first record that does not check is as if never written:
// those recipients are tried again.
#pragma once
#include <vector>

#include "mail/message.h"

// What an administrator has ordered for a recipient (qmail-qctl(8)).
enum class Order : uint8_t {
  none,
  hold,    // it is not tried
  expire,  // what was its last deferral, or is its next, counts as a failure
  remove,  // it is not tried any more, and nothing is said of it
};

// An end is an end: a hold or its release comes too late for it.
constexpr bool may_follow(Order before, Order order) { return order >= Order::expire || before <= Order::hold; }

// Four bits for each recipient of a message, recipients counted from 0: nothing is
// to be tried any more; a delivery is under way; and its order.
class RecipientBits {
 public:
  enum Bit : unsigned { settled = 0, running = 1 };
  explicit RecipientBits(uint64_t recipients) : words_(static_cast<size_t>(recipients / 16 + 1)) {}
  bool get(uint64_t n, Bit bit) const { return words_[word(n)] >> shift(n, bit) & 1; }
  void set(uint64_t n, Bit bit) { words_[word(n)] |= uint64_t{1} << shift(n, bit); }
  void clear(uint64_t n, Bit bit) { words_[word(n)] &= ~(uint64_t{1} << shift(n, bit)); }
  Order order(uint64_t n) const { return static_cast<Order>(words_[word(n)] >> shift(n, 2) & 3); }
  void set_order(uint64_t n, Order order) {
    words_[word(n)] &= ~(uint64_t{3} << shift(n, 2));
    words_[word(n)] |= static_cast<uint64_t>(order) << shift(n, 2);
  }

 private:
  static size_t word(uint64_t n) { return static_cast<size_t>(n / 16); }
  static unsigned shift(uint64_t n, unsigned bit) { return static_cast<unsigned>(n % 16 * 4 + bit); }
  std::vector<uint64_t> words_;
};

// One record. Numbers are those of recipients; in orders, every_recipient stands
// for all that are not settled.
struct StateRecord {
  enum class Kind : char {
    done = 'K',      // delivered: number
    failed = 'D',    // will never be: number, address as the sender knows it, text
    deferred = 'Z',  // not yet: number, text (empty: the same as in the record before of this kind)
    bounced = 'B',   // the bounce for all that failed is in the queue, or none is to be sent
    hold = 'H',      // orders: number
    release = 'R',   // takes back a hold
    expire = 'E',
    remove = 'X',   // for every_recipient: and no bounce is to be sent
    removed = 'x',  // that was carried out: number
  };
  static constexpr uint32_t every_recipient = UINT32_MAX;
  Kind kind;
  uint32_t number = 0;
  Str address, text;
};

// The text of a failure that an order made of a deferral.
inline constexpr Str expired_by_order = "I'm not going to try again; the administrator of this system has ended it.\n";

// The order that a record of this kind is; nothing of any other kind.
std::optional<Order> order_of(StateRecord::Kind);

// Reads a state file from its start; the records' views are valid until the
// next call.
class StateReader {
 public:
  // False: there is no header, or it is not this message's. The file is then to
  // be emptied before anything is appended.
  Result<bool> open(int fd, const Trailer&);

  // The next record, nothing at the first bad one or at the end.
  Result<std::optional<StateRecord>> next();

  uint64_t good_size() const { return good_; }  // where to truncate before appending

  // Goes to a record that lies at this place, as good_size told before it.
  void seek(uint64_t place);

 private:
  Result<bool> fill(size_t need);
  int fd_ = -1;
  uint64_t offset_ = 0, good_ = 0;  // of the file: read so far; ends of the last good record
  size_t at_ = 0, read_at_once_ = 65536;
  Buf ready_;
  uint32_t seed_ = 0;
};

// Bytes to append to a file: its header, then records.
void append_state_header(Buf&, const Trailer&);
void append_state_record(Buf&, const Trailer&, const StateRecord&);

// Opens the state file of a message for appending; made when it is missing. Its
// good records are read, what stands behind them is cut off, and another
// message's file is emptied. For who holds lock/sendmutex, while no qmail-send runs.
Result<Fd> open_state_alone(const Trailer&);

// The longest text kept of a report.
inline constexpr size_t longest_state_text = 16384;
