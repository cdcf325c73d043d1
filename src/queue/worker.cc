#include "queue/worker.h"

#include <sys/socket.h>

#include <algorithm>

#include "lib/child.h"
#include "lib/pass.h"
#include "mail/queue_service.h"

static constexpr int64_t longest_rest = 2;  // seconds

Result<bool> Workers::look() {
  auto st = TRY(stat_of(file_));
  if (st.st_dev == device_ && st.st_ino == inode_) return !serves_;
  device_ = st.st_dev;
  inode_ = st.st_ino;
  serves_ = false;
  for (Worker& w : workers_) {
    w.former = true;
    w.ended = w.ready();
  }
  erase_ended();
  return true;
}

// Descriptors 0 and 1 hold nothing that a program which does not serve could take
// for a message.
Result<> Workers::start() {
  SocketPair pair = TRY(make_socket_pair());
  TRY(set_nonblocking(pair.ours.get()));
  Fd null = TRY(owned(open("/dev/null", O_RDWR | O_CLOEXEC)));
  const FdMove fds[] = {{null.get(), 0}, {null.get(), 1}, {pair.theirs.get(), QueueService::offer_fd}};
  Buf file_id;
  file_id.set(Num(device_), ":"sv, Num(inode_));
  const char* argv[] = {file_, "serve", file_id.c_str(), nullptr};
  TRY(spawn({.file = file_, .argv = argv, .fds = fds}));
  workers_.push_back({.channel = std::move(pair.ours)});
  return {};
}

// The one that rested the shortest time, so that the others may be dismissed.
Workers::Worker* Workers::find_ready() {
  Worker* found = nullptr;
  for (Worker& w : workers_)
    if (w.ready() && !w.ended && (!found || w.until.milliseconds() > found->until.milliseconds())) found = &w;
  return found;
}

bool Workers::may_have_another(uid_t uid) const {
  size_t busy = 0, of_one = 0;
  for (const Worker& w : workers_)
    if (!w.ready()) {
      ++busy;
      of_one += w.uid == uid;
    }
  return busy < most_ && of_one < (most_of_one_ ? most_of_one_ : most_ - busy);
}

Result<bool> Workers::take(int connection, uid_t uid) {
  if (!may_have_another(uid)) return false;
  for (;;) {
    Worker* w = find_ready();
    if (!w) {
      if (workers_.size() >= most_) return false;
      TRY(start());
      w = &workers_.back();
    }
    --w->balance;
    w->uid = uid;
    auto sent = send_descriptors(w->channel.get(), {&connection, 1});
    if (sent.ok()) return true;
    w->ended = true;  // it may have been killed just now
    if (sent.error().code != EPIPE && sent.error().code != ECONNRESET) return sent.error();
  }
}

void Workers::watch(std::vector<pollfd>& polls) const {
  for (const Worker& w : workers_) polls.push_back({w.channel.get(), POLLIN, 0});
}

void Workers::hear(std::span<const pollfd> polls) {
  for (size_t i = 0; i < polls.size(); ++i) {
    if (!polls[i].revents) continue;
    char byte;
    Worker& w = workers_[i];
    if (recv(polls[i].fd, &byte, 1, MSG_DONTWAIT) == 1)
      ++w.balance;
    else
      w.ended = true;
    if (w.ready()) (w.former ? w.ended : serves_) = true;
    w.until = Deadline::in(longest_rest);
  }
  erase_ended();
}

// One that loses its channel ends when it is done.
void Workers::erase_ended() {
  std::erase_if(workers_, [](const Worker& w) { return w.ended; });
}

int Workers::dismiss_idle() {
  size_t ready = 0;
  int next = -1;
  for (Worker& w : workers_) {
    if (!w.ready() || ++ready == 1) continue;
    int left = w.until.milliseconds();
    w.ended = left == 0;
    if (left && (next == -1 || left < next)) next = left;
  }
  erase_ended();
  return next;
}

bool Workers::any_ready() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.ready(); });
}
