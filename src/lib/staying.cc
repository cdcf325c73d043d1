#include "lib/staying.h"

#include <sys/socket.h>

#include <algorithm>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/env.h"
#include "lib/io.h"
#include "lib/pass.h"
#include "lib/random.h"

// The offer that this child has got.
static char accepted[80];
static size_t accepted_size;

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

void append_state(Buf& out, Result<struct stat> found) {
  if (!found.ok()) return out.push('-');
  struct stat st = found.take();
  for (auto n : {st.st_dev, st.st_ino}) append_le<uint64_t>(out, n);
  for (timespec t : {st.st_mtim, st.st_ctim}) append_le(out, static_cast<uint64_t>(t.tv_sec * 1000000000 + t.tv_nsec));
}

static Result<SocketPair> make_offer(Worker& w, const StayLimits& limits, Str text) {
  SocketPair pair = TRY(make_socket_pair());
  TRY(set_nonblocking(pair.ours.get()));
  TRY(check(static_cast<int>(send(pair.ours.get(), text.data(), text.size(), MSG_NOSIGNAL))));
  w.life = Deadline::in_milliseconds(limits.life_milliseconds);
  return pair;
}

Result<Fd> offer_to_stay(Worker& w, const StayLimits& limits, Watch& sockets, const char* file) {
  auto st = TRY(stat_of(file));
  SocketPair pair = TRY(make_offer(w, limits, identity_of(st)));
  TRY(w.socket.watch(std::move(pair.ours), sockets, &w));
  return std::move(pair.theirs);
}

Result<Fd> offer_to_stay(Worker& w, const StayLimits& limits, const struct stat& file) {
  w.offer = identity_of(file);
  w.offer.add(":"sv, Num(random_u32()), Num(random_u32()));
  SocketPair pair = TRY(make_offer(w, limits, w.offer));
  TRY(check(shutdown(pair.ours.get(), SHUT_RD)));
  w.socket.hold(std::move(pair.ours));
  return std::move(pair.theirs);
}

void Worker::dismiss() {
  if (socket.is_open()) (void)shutdown(socket.get(), SHUT_RDWR);
  socket.close();
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

bool has_reported(const Worker& w, Buf& report) {
  if (!w.socket.is_open() || !report.view().ends_with(w.offer)) return false;
  report.cut(report.size() - w.offer.size());
  return true;
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
  int64_t left = std::min<int64_t>(limits_.idle_milliseconds, w->life.milliseconds());
  size_t at = idle_.size();
  while (at > 0 && idle_[at - 1].limit.milliseconds() > left) --at;
  idle_.insert(idle_.begin() + static_cast<std::ptrdiff_t>(at), {std::move(w), Deadline::in_milliseconds(left)});
}

void IdleWorkers::end(const void* worker) {
  std::erase_if(idle_, [worker](const Idle& i) { return i.worker.get() == worker; });
}

void IdleWorkers::end(pid_t pid) {
  std::erase_if(idle_, [pid](const Idle& i) { return i.worker->pid == pid; });
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
  ssize_t n = recv(staying_fd, accepted, sizeof accepted, MSG_DONTWAIT);
  if (n <= 0) return false;
  accepted_size = static_cast<size_t>(n);
  auto self = stat_of("/proc/self/exe");
  if (!self.ok()) return false;
  Buf id = identity_of(self.take());
  Str offered(accepted, accepted_size);
  return offered.starts_with(id) && (offered.size() == id.size() || offered[id.size()] == ':');
}

bool end_task() { return send(staying_fd, "", 1, MSG_NOSIGNAL) == 1; }

std::optional<Str> next_task(std::span<char> space, Fd& fd) {
  auto n = receive_descriptors(staying_fd, {&fd, 1}, space);
  if (!n.ok() || !fd.is_open()) return {};
  return Str(space.data(), n.take());
}

Result<Str> next_task(Str report, std::span<char> space, Fd& fd) {
  Buf all;
  all.set(report, Str(accepted, accepted_size));
  if (!write_all(1, all).ok()) return Str();
  size_t n = TRY(receive_descriptors(staying_fd, {&fd, 1}, space));
  if (n && space[n - 1] != '\0') return Err{EPROTO};
  return Str(space.data(), n);
}

bool RecentKinds::came_lately(Str kind, const StayLimits& limits) {
  uint32_t hash = crc32c(0, kind);
  Recent& r = recent_[hash % recent_.size()];
  bool again = r.hash == hash && r.until && !r.until->passed();
  r = {hash, Deadline::in_milliseconds(limits.idle_milliseconds)};
  return again;
}
