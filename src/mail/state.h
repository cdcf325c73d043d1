// What is known of a message's recipients: the file state/S/ID, absent for most
// messages (doc/internals.md). Written by qmail-send alone, append-only.
//
// A header binds the file to its message; each record carries a checksum. What
// stands behind the first record that does not check is as if never written:
// those recipients are tried again.
#pragma once
#include <vector>

#include "mail/message.h"

// Two bits for each recipient of a message, recipients counted from 0: nothing is
// to be tried any more; a delivery is under way.
class RecipientBits {
 public:
  enum Bit : unsigned { settled = 0, running = 1 };
  explicit RecipientBits(uint64_t recipients) : words_(static_cast<size_t>(recipients / 32 + 1)) {}
  bool get(uint64_t n, Bit bit) const { return words_[word(n)] >> shift(n, bit) & 1; }
  void set(uint64_t n, Bit bit) { words_[word(n)] |= uint64_t{1} << shift(n, bit); }
  void clear(uint64_t n, Bit bit) { words_[word(n)] &= ~(uint64_t{1} << shift(n, bit)); }

 private:
  static size_t word(uint64_t n) { return static_cast<size_t>(n / 32); }
  static unsigned shift(uint64_t n, Bit bit) { return static_cast<unsigned>(n % 32 * 2 + bit); }
  std::vector<uint64_t> words_;
};

// One record. Numbers are those of recipients.
struct StateRecord {
  enum class Kind : char {
    done = 'K',      // delivered: number
    failed = 'D',    // will never be: number, address as the sender knows it, text
    deferred = 'Z',  // not yet: number, text (empty: the same as in the record before of this kind)
    bounced = 'B',   // the bounce for all that failed is in the queue
  };
  Kind kind;
  uint32_t number = 0;
  Str address, text;
};

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

 private:
  Result<bool> fill(size_t need);
  int fd_ = -1;
  uint64_t offset_ = 0, good_ = 0;  // of the file: read so far; ends of the last good record
  size_t at_ = 0;
  Buf ready_;
  uint32_t seed_ = 0;
};

// Bytes to append to a file: its header, then records.
void append_state_header(Buf&, const Trailer&);
void append_state_record(Buf&, const Trailer&, const StateRecord&);

// The longest text kept of a report.
inline constexpr size_t longest_state_text = 16384;
