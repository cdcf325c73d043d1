#include "lib/io.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/time.h"

ssize_t plain_read(int fd, char* space, size_t n, const void*) { return read(fd, space, n); }
ssize_t plain_write(int fd, const char* bytes, size_t n, const void*) { return write(fd, bytes, n); }

static bool ready_before(int fd, short events, Deadline limit) {
  pollfd p = {fd, events, 0};
  for (;;) {
    int r = poll(&p, 1, limit.milliseconds());
    if (r > 0) return true;
    if (r == 0) {
      errno = ETIMEDOUT;
      return false;
    }
    if (errno != EINTR) return false;
  }
}

static Deadline limit_of(const void* seconds) { return Deadline::in(*static_cast<const int*>(seconds)); }

ssize_t read_until(int fd, char* space, size_t n, const void* deadline) {
  return ready_before(fd, POLLIN, *static_cast<const Deadline*>(deadline)) ? read(fd, space, n) : -1;
}

ssize_t timed_read(int fd, char* space, size_t n, const void* seconds) {
  return ready_before(fd, POLLIN, limit_of(seconds)) ? read(fd, space, n) : -1;
}

// A blocking write of more than the socket takes would wait without a limit:
// sockets are asked not to. What is no socket (a pipe, a terminal) is just written.
static ssize_t write_before(int fd, const char* bytes, size_t n, Deadline limit) {
  for (;;) {
    ssize_t sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != -1) return sent;
    bool is_socket = errno != ENOTSOCK;
    if (is_socket && errno != EAGAIN) return -1;
    if (!ready_before(fd, POLLOUT, limit)) return -1;
    if (!is_socket) return write(fd, bytes, n);
  }
}

ssize_t timed_write(int fd, const char* bytes, size_t n, const void* seconds) {
  return write_before(fd, bytes, n, limit_of(seconds));
}

ssize_t write_until(int fd, const char* bytes, size_t n, const void* deadline) {
  return write_before(fd, bytes, n, *static_cast<const Deadline*>(deadline));
}

Result<> write_all(int fd, Str s, WriteOp op, const void* context) {
  while (!s.empty()) {
    ssize_t n = op(fd, s.data(), s.size(), context);
    if (n == -1) {
      if (errno == EINTR) continue;
      return Err::last();  // some of it may have been written
    }
    s = slice(s, static_cast<size_t>(n));
  }
  return {};
}

Result<> Writer::flush() { return write_all(fd_, Str(space_.data(), std::exchange(used_, 0)), op_, context_); }

Result<> Writer::put(Str s) {
  if (s.size() > space_.size() - used_) {
    TRY(flush());
    if (s.size() > space_.size()) return write_all(fd_, s, op_, context_);
  }
  if (!s.empty()) memcpy(space_.data() + used_, s.data(), s.size());
  used_ += s.size();
  return {};
}

Result<Str> Reader::peek() {
  if (at_ == end_) {
    if (tied_) TRY(tied_->flush());
    ssize_t n;
    do n = op_(fd_, space_.data(), space_.size(), context_);
    while (n == -1 && errno == EINTR);
    if (n == -1) return Err::last();
    at_ = 0;
    end_ = static_cast<size_t>(n);
  }
  return buffered();
}

bool Reader::ready() const {
  if (at_ != end_) return true;
  pollfd p = {fd_, POLLIN, 0};
  return poll(&p, 1, 0) > 0;
}

Result<bool> Reader::get_until(Buf& line, char sep, size_t max, bool* cut) {
  line.clear();
  for (;;) {
    Str ready = TRY(peek());
    if (ready.empty()) return false;
    size_t at = ready.find(sep);
    Str part = slice(ready, 0, at);
    if (part.size() > max - line.size() && cut) *cut = true;
    line.append(slice(part, 0, max - line.size()));
    at_ += part.size() + (at != Str::npos);
    if (at != Str::npos) return true;
  }
}
