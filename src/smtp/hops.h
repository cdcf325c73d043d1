// How many hosts and deliveries a message has been through, counted while it passes.
#pragma once
#include "lib/str.h"

inline constexpr uint32_t most_hops = 100;

// Counts lines of the header that begin with "received" or "delivered", case
// ignored. The header ends with the first empty line.
class HopCounter {
 public:
  void feed(Str piece);  // more of the message; its lines end with LF
  uint32_t count() const { return count_; }

 private:
  bool in_header_ = true;
  bool received_ = true, delivered_ = true;  // does the line begin so, as far as it is known?
  uint8_t column_ = 0;                       // up to the longer of the words
  uint32_t count_ = 0;                       // stays at its highest value
};
