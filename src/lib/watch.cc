#include "lib/watch.h"

Result<> Watch::open() {
  fd_ = TRY(owned(epoll_create1(EPOLL_CLOEXEC)));
  return {};
}

Result<> Watch::add(int fd, void* whose) {
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.ptr = whose;
  return check(epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &e));
}

void Watch::remove(int fd) {
  epoll_event unused{};
  epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, &unused);
}

std::span<void*> Watch::ready() {
  int n = epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), 0);
  size_t count = n > 0 ? static_cast<size_t>(n) : 0;
  for (size_t i = 0; i < count; ++i) whose_[i] = events_[i].data.ptr;
  return {whose_.data(), count};
}

Result<> WatchedFd::watch(Fd fd, Watch& by, void* whose) {
  close();
  TRY(by.add(fd.get(), whose));
  fd_ = std::move(fd);
  by_ = &by;
  return {};
}

void WatchedFd::hold(Fd fd) {
  close();
  fd_ = std::move(fd);
  by_ = nullptr;
}

void WatchedFd::close() {
  if (fd_.is_open() && by_) by_->remove(fd_.get());
  fd_.close();
}
