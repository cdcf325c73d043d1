#include "send/look.h"

#include <sys/ioctl.h>

#include "mail/queue_files.h"

Result<> Trigger::open() {
  int fd = ::open("lock/trigger", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd == -1) return Err::last();
  fd_ = Fd(fd);
  return {};
}

Trigger::Verdict Trigger::receive(std::vector<uint64_t>& ids) {
  Verdict verdict = Verdict::complete;

  // qmail-queue does not wait for room: a hint that finds the FIFO full is lost.
  int waiting = 0, room = fcntl(fd_.get(), F_GETPIPE_SZ);
  if (ioctl(fd_.get(), FIONREAD, &waiting) == 0 && waiting > room / 2) verdict = Verdict::look;

  char space[16384];
  ssize_t n = read(fd_.get(), space, sizeof space);
  if (n <= 0) return verdict;
  partial_.append(Str(space, static_cast<size_t>(n)));
  Str rest = partial_;
  for (size_t end; (end = rest.find('\n')) != Str::npos; rest = slice(rest, end + 1))
    if (auto id = scan_id(slice(rest, 0, end)))
      ids.push_back(*id);
    else
      verdict = Verdict::look;
  if (rest.size() > 20 || rest.find_first_not_of("0123456789") != Str::npos) {  // never part of an ID
    verdict = Verdict::look;
    rest = {};
  }
  partial_.drop_front(partial_.size() - rest.size());
  return verdict;
}

bool Look::under_way() const { return next_ < CONF_SPLIT; }

Result<> Look::step(std::vector<uint64_t>& ids) {
  uint64_t split = next_++;
  if (!under_way()) next_ = std::exchange(again_, UINT64_MAX);
  return list_messages(split, ids);
}
