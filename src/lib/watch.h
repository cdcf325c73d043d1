// Waiting for many descriptors of which few are ready at a time: it costs by the
// ready ones, where poll costs by all (epoll(7)).
#pragma once
#include <sys/epoll.h>

#include <array>

#include "lib/sys.h"

class Watch {
 public:
  Result<> open();
  int fd() const { return fd_.get(); }  // can be read when one of the descriptors can
  Result<> add(int fd, void* whose);    // sockets, pipes and the like

  // Before it is closed: as long as a forked process holds it open it would stay.
  void remove(int fd);

  // Whose descriptor can be read or is at its end, without waiting. Once each; of more than a
  // few the others come the next time.
  std::span<void*> ready();

 private:
  Fd fd_;
  std::array<epoll_event, 64> events_;
  std::array<void*, 64> whose_;
};

// A descriptor that is watched as long as it is open.
class WatchedFd {
 public:
  WatchedFd() = default;
  WatchedFd(const WatchedFd&) = delete;
  WatchedFd& operator=(const WatchedFd&) = delete;
  ~WatchedFd() { close(); }

  // Takes it over, also on an error, which closes it.
  Result<> watch(Fd, Watch& by, void* whose);
  void hold(Fd);  // likewise, but it is not watched
  int get() const { return fd_.get(); }
  bool is_open() const { return fd_.is_open(); }
  void close();

 private:
  Fd fd_;
  Watch* by_ = nullptr;
};
