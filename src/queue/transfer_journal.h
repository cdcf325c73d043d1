// What was carried over between queues, so that a second run neither loses nor
// doubles: a file of lines, each with the message's key where it came from, its
// number where it went, and a checksum. A line says that the message, which is
// staged and on the disk, is to be published, whatever happens in between.
#pragma once
#include <compare>
#include <vector>

#include "lib/sys.h"

// What tells a message from all others that bore or will bear its number.
struct TransferKey {
  uint64_t number, time, size, checksum;
  auto operator<=>(const TransferKey&) const = default;
};

struct TransferEntry {
  TransferKey key;
  uint64_t target;
};

class TransferJournal {
 public:
  // Reads dir/journal, or makes it; what a crash tore at its end is cut off.
  static Result<TransferJournal> open(const char* dir);

  // What was there when it was opened.
  const TransferEntry* find(const TransferKey&) const;
  const TransferEntry* find_number(uint64_t) const;  // by that of the key alone
  bool has_target(uint64_t) const;

  Result<> record(const std::vector<TransferEntry>&);  // and on the disk

 private:
  Fd fd_;
  std::vector<TransferEntry> entries_;  // sorted by key
};
