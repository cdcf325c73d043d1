#include "lib/time.h"

#include <limits.h>
#include <time.h>

static int64_t read_clock(clockid_t clock, int64_t per_second) {
  timespec t;
  clock_gettime(clock, &t);  // cannot fail for these clocks
  return t.tv_sec * per_second + t.tv_nsec / (1000000000 / per_second);
}

int64_t now_seconds() { return read_clock(CLOCK_REALTIME, 1); }
int64_t now_microseconds() { return read_clock(CLOCK_REALTIME, 1000000); }

Deadline Deadline::in_milliseconds(int64_t ms) { return Deadline(read_clock(CLOCK_MONOTONIC, 1000) + ms); }

int Deadline::milliseconds() const {
  int64_t left = at_ - read_clock(CLOCK_MONOTONIC, 1000);
  return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : static_cast<int>(left);
}
