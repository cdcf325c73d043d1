#include "mail/staying.h"

#include <sys/socket.h>

#include "lib/pass.h"

// A server is not kept from its other clients by connections of ours that do
// nothing; and what was found out for one delivery, as the exchangers of a host, is
// not trusted for long.
static constexpr int64_t idle_milliseconds = 2000, lifetime_seconds = 60;
static constexpr unsigned most_deliveries = 100;
static constexpr size_t most_idle = 100;

static Buf identity_of(const struct stat& st) {
  Buf id;
  id.set(Num(st.st_dev), ":"sv, Num(st.st_ino));
  return id;
}

Result<Fd> offer_to_stay(Worker& w, Watch& sockets, const char* file) {
  auto st = TRY(stat_of(file));
  SocketPair pair = TRY(make_socket_pair());
  TRY(set_nonblocking(pair.ours.get()));
  Buf id = identity_of(st);
  TRY(check(static_cast<int>(send(pair.ours.get(), id.c_str(), id.size(), MSG_NOSIGNAL))));
  TRY(w.socket.watch(std::move(pair.ours), sockets, &w));
  w.begun = Deadline::in(lifetime_seconds);
  return std::move(pair.theirs);
}

bool hand_over(Worker& w, Str command, int body) {
  if (command.size() > longest_next_command) return false;
  ++w.deliveries;
  int fds[] = {body};
  return send_descriptors(w.socket.get(), fds, command).ok();
}

bool has_reported(Worker& w) {
  char c = 1;
  return recv(w.socket.get(), &c, 1, MSG_DONTWAIT) == 1 && c == 0;
}

Owned<Worker> IdleWorkers::take(Str kind) {
  Owned<Worker> w;
  for (size_t i = idle_.size(); i-- > 0 && !w;) {
    if (idle_[i].worker->kind.view() != kind) continue;
    w = std::move(idle_[i].worker);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return w;
}

void IdleWorkers::put(Owned<Worker> w) {
  w->delivery = nullptr;
  if (w->deliveries >= most_deliveries || w->begun.passed()) return;
  if (idle_.size() >= most_idle) idle_.erase(idle_.begin());
  idle_.push_back({std::move(w), Deadline::in_milliseconds(idle_milliseconds)});
}

void IdleWorkers::end(const void* worker) {
  std::erase_if(idle_, [worker](const Idle& i) { return i.worker.get() == worker; });
}

void IdleWorkers::end_some() {
  size_t n = 0;
  while (n < idle_.size() && idle_[n].limit.passed()) ++n;
  idle_.erase(idle_.begin(), idle_.begin() + static_cast<std::ptrdiff_t>(n));
}

int IdleWorkers::milliseconds() const { return idle_.empty() ? -1 : idle_[0].limit.milliseconds(); }

bool is_asked_to_stay() {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(staying_fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1 || type != SOCK_SEQPACKET) return false;
  if (fcntl(staying_fd, F_SETFD, FD_CLOEXEC) == -1) return false;
  char offered[64];
  ssize_t n = recv(staying_fd, offered, sizeof offered, MSG_DONTWAIT);
  auto self = stat_of("/proc/self/exe");
  return n > 0 && self.ok() && identity_of(self.take()).view() == Str(offered, static_cast<size_t>(n));
}

std::optional<Str> next_command(std::span<char> space, Fd& body) {
  if (send(staying_fd, "", 1, MSG_NOSIGNAL) != 1) return {};
  auto n = receive_descriptors(staying_fd, {&body, 1}, space);
  if (!n.ok() || !body.is_open()) return {};
  return Str(space.data(), n.take());
}
