#include "lib/system_log.h"

#include <string.h>
#include <time.h>

#include "lib/local_socket.h"

bool SystemLog::connect_anew() {
  auto connected = connect_local("/dev/log", SOCK_DGRAM);
  if (connected.ok())
    socket_ = connected.take();
  else
    socket_.close();
  return socket_.is_open();
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
