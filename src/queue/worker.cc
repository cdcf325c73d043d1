#include "queue/worker.h"

#include <sys/socket.h>

#include <algorithm>

#include "lib/child.h"
#include "lib/pass.h"
#include "mail/queue_service.h"

static constexpr int64_t longest_rest = 10;  // seconds

Result<> Workers::start() {
  SocketPair pair = TRY(make_socket_pair());
  TRY(set_nonblocking(pair.ours.get()));
  const FdMove fds[] = {{pair.theirs.get(), QueueService::offer_fd}};
  const char* argv[] = {file_, "serve", file_id_, nullptr};
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

Result<bool> Workers::take(int connection, uid_t uid) {
  auto busy = [&](const Worker& w) { return !w.ready() && w.uid == uid; };
  if (static_cast<size_t>(std::count_if(workers_.begin(), workers_.end(), busy)) >= most_of_one_) return false;
  for (;;) {
    Worker* w = find_ready();
    if (!w) {
      if (workers_.size() >= most_) return false;
      TRY(start());
      w = &workers_.back();
    }
    --w->balance;
    w->uid = uid;
    w->ended = !send_descriptors(w->channel.get(), {&connection, 1}).ok();
    if (!w->ended) return true;
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
    w.until = Deadline::in(longest_rest);
  }
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
  std::erase_if(workers_, [](const Worker& w) { return w.ended; });  // one that loses its channel ends
  return next;
}

bool Workers::any_ready() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.ready(); });
}
