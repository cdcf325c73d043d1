#include "lib/system_log.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

bool SystemLog::connect_anew() {
  auto made = owned(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!made.ok()) return false;
  socket_ = made.take();
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  strcpy(where.sun_path, "/dev/log");
  if (connect(socket_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0) return true;
  socket_.close();
  return false;
}

static bool send_all(int fd, Str s) {
  for (;;) {
    if (send(fd, s.data(), s.size(), MSG_NOSIGNAL) != -1) return true;
    if (errno != EINTR) return false;
  }
}

void SystemLog::write(unsigned severity, Str line) {
  time_t now = time(nullptr);
  tm local;
  char stamp[32];
  localtime_r(&now, &local);
  // The C locale's names, as no program of ours sets another.
  size_t n = strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &local);
  datagram_.set("<"sv, Num(facility_ * 8 + severity), ">"sv, Str(stamp, n), " "sv, tag_, ": "sv, line);
  if (socket_.is_open() && send_all(socket_.get(), datagram_)) return;
  if (connect_anew()) send_all(socket_.get(), datagram_);
}
