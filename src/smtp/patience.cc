#include "smtp/patience.h"

#include <algorithm>

#include "lib/io.h"
#include "lib/time.h"

static constexpr int64_t milliseconds_a_byte = 10;

void Patience::waited(int64_t milliseconds) { left_ = std::max<int64_t>(left_ - milliseconds, 0); }

void Patience::received(size_t bytes) {
  auto more = static_cast<int64_t>(bytes) * milliseconds_a_byte;  // of at most a buffer
  left_ = std::min(left_ + more, most());
}

static Patience& patience_of(const void* context) { return **static_cast<Patience* const*>(context); }

ssize_t patient_read(int fd, char* space, size_t n, const void* context) {
  Patience& patience = patience_of(context);
  int64_t limit = patience.milliseconds();
  Deadline deadline = Deadline::in_milliseconds(limit);
  ssize_t got = read_until(fd, space, n, &deadline);
  patience.waited(limit - deadline.milliseconds());
  if (got > 0) patience.received(static_cast<size_t>(got));
  return got;
}

ssize_t patient_write(int fd, const char* bytes, size_t n, const void* context) {
  Patience& patience = patience_of(context);
  int64_t limit = patience.milliseconds();
  Deadline deadline = Deadline::in_milliseconds(limit);
  ssize_t sent = write_until(fd, bytes, n, &deadline);
  patience.waited(limit - deadline.milliseconds());
  return sent;
}
