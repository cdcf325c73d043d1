// Clocks. Wall time for what is written down, monotonic time for waiting.
#pragma once
#include <cstdint>

int64_t now_seconds();       // Unix time
int64_t now_microseconds();  // Unix time

// A moment on the monotonic clock, passed down so that every step of an
// operation shares one limit.
class Deadline {
 public:
  static Deadline in(int64_t seconds) { return in_milliseconds(seconds * 1000); }
  static Deadline in_milliseconds(int64_t);
  bool passed() const { return milliseconds() == 0; }
  int milliseconds() const;  // left until then, for poll: 0 when passed, never below

 private:
  explicit Deadline(int64_t at) : at_(at) {}
  int64_t at_;  // milliseconds
};
