#include "send/pipe_end.h"

#include <errno.h>
#include <unistd.h>

bool write_pending(int fd, Buf& pending) {
  size_t sent = 0;
  while (sent < pending.size()) {
    ssize_t n = write(fd, pending.c_str() + sent, pending.size() - sent);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1 && errno == EAGAIN) break;
    if (n == -1) {
      pending.clear();
      return false;
    }
    sent += static_cast<size_t>(n);
  }
  pending.drop_front(sent);
  return true;
}

bool read_received(int fd, Buf& received) {
  char space[16384];
  ssize_t n = read(fd, space, sizeof space);
  if (n == -1 && (errno == EINTR || errno == EAGAIN)) return true;
  if (n <= 0) return false;
  received.append(Str(space, static_cast<size_t>(n)));
  return true;
}
