#include "lib/staying.h"

#include <sys/socket.h>

#include "lib/bytes.h"
#include "lib/env.h"
#include "lib/pass.h"

static Buf identity_of(const struct stat& st) {
  Buf id;
  id.set(Num(st.st_dev), ":"sv, Num(st.st_ino));
  return id;
}

bool find_program(Str name, Buf& file) {
  for (Str path = env("PATH").value_or(""); !path.empty();) {
    Str dir = take_until(path, ':');
    if (!dir.starts_with('/')) return false;
    file.set(dir, "/"sv, name);
    if (access(file.c_str(), X_OK) == 0) return true;
  }
  return false;
}

Result<Fd> offer_to_stay(Worker& w, const StayLimits& limits, Watch& sockets, const char* file) {
  auto st = TRY(stat_of(file));
  SocketPair pair = TRY(make_socket_pair());
  TRY(set_nonblocking(pair.ours.get()));
  Buf id = identity_of(st);
  TRY(check(static_cast<int>(send(pair.ours.get(), id.c_str(), id.size(), MSG_NOSIGNAL))));
  TRY(w.socket.watch(std::move(pair.ours), sockets, &w));
  w.life = Deadline::in_milliseconds(limits.life_milliseconds);
  return std::move(pair.theirs);
}

bool hand_over(Worker& w, Str task, int fd) {
  if (task.size() > longest_next_task) return false;
  ++w.tasks;
  int fds[] = {fd};
  return send_descriptors(w.socket.get(), fds, task).ok();
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
  w->task = nullptr;
  if (w->tasks >= limits_.most_tasks || w->life.passed()) return;
  if (idle_.size() >= limits_.most_idle) end_one();
  idle_.push_back({std::move(w), Deadline::in_milliseconds(limits_.idle_milliseconds)});
}

void IdleWorkers::end(const void* worker) {
  std::erase_if(idle_, [worker](const Idle& i) { return i.worker.get() == worker; });
}

void IdleWorkers::end_one() {
  if (!idle_.empty()) idle_.erase(idle_.begin());
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

std::optional<Str> next_task(std::span<char> space, Fd& fd) {
  if (send(staying_fd, "", 1, MSG_NOSIGNAL) != 1) return {};
  auto n = receive_descriptors(staying_fd, {&fd, 1}, space);
  if (!n.ok() || !fd.is_open()) return {};
  return Str(space.data(), n.take());
}
