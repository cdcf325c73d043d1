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

// An operation that waits no longer than a Deadline, with the time that it took.
template <class Op>
static ssize_t spend(Patience& patience, Op op) {
  int64_t limit = patience.milliseconds();
  Deadline deadline = Deadline::in_milliseconds(limit);
  ssize_t done = op(deadline);
  patience.waited(limit - deadline.milliseconds());
  return done;
}

ssize_t patient_read(int fd, char* space, size_t n, const void* context) {
  auto reader = static_cast<const PatientReader*>(context);
  ssize_t got = spend(*reader->patience, [&](Deadline limit) {
    QueueWatch watch = {reader->service, limit};
    return watched_read(fd, space, n, &watch);
  });
  if (got > 0) reader->patience->received(static_cast<size_t>(got));
  return got;
}

ssize_t patient_write(int fd, const char* bytes, size_t n, const void* context) {
  return spend(**static_cast<Patience* const*>(context),
               [&](Deadline limit) { return write_until(fd, bytes, n, &limit); });
}
