#include "mail/queue_service.h"

#include <poll.h>
#include <string.h>
#include <algorithm>

#include "lib/child.h"
#include "lib/io.h"
#include "lib/local_socket.h"
#include "lib/pass.h"
#include "mail/instance.h"

static constexpr int idle_milliseconds = 1000;

Result<> send_answer(int socket, QueueAnswer answer) {
  uint8_t bytes[5] = {answer.code};
  memcpy(bytes + 1, &answer.pid, sizeof answer.pid);  // both are on one machine
  // Who waits for it has room for it.
  return check(static_cast<int>(send(socket, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT)));
}

// What was said by who has ended since comes after that end, if he had not read
// all. flags: for recv.
static std::optional<QueueAnswer> receive_answer(int socket, int flags) {
  uint8_t bytes[5];
  ssize_t n = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT | flags);
  if (n == -1 && errno == ECONNRESET) n = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT | flags);
  if (n != sizeof bytes) return {};
  QueueAnswer answer = {bytes[0], 0};
  memcpy(&answer.pid, bytes + 1, sizeof answer.pid);
  return answer;
}

void QueueService::end() {
  socket_.close();
  process_.close();
  if (std::exchange(is_child_, false)) (void)wait_for(pid_);
}

void QueueService::rest(int fd) {
  pollfd p = {fd, POLLIN, 0};
  if (idle() && poll(&p, 1, idle_milliseconds) == 0) end();
}

Result<QueueService::Offer> QueueService::make_offer(const char* file) {
  auto st = TRY(stat_of(file));
  SocketPair pair = TRY(make_socket_pair());
  socket_ = std::move(pair.ours);
  Offer offer = {.socket = std::move(pair.theirs), .file_id = {}};
  offer.file_id.set(Num(st.st_dev), ":"sv, Num(st.st_ino));
  return offer;
}

void QueueService::begin(pid_t pid) {
  pid_ = pid;
  is_child_ = busy_ = true;
  // What runs may be another program in qmail-queue's place, whose end must be
  // seen even when it leaves the socket open in a child of its own.
  if (auto watched = watch(pid); watched.ok()) process_ = watched.take();
}

static Buf path_of(Str name) {
  Buf path;
  path.set(Str(instance_root()), "/"sv, name);
  return path;
}

// A socket of another type cannot connect; but only where somebody listens does
// the kernel say so (connect(2), EPROTOTYPE), and nobody there notices.
bool QueueService::is_there() {
  auto connected = connect_local(path_of(queue_service_name).c_str(), SOCK_DGRAM);
  return !connected.ok() && connected.error().code == EPROTOTYPE;
}

// Nothing here waits: who is too busy to take a connection is not there.
bool QueueService::connect_to_service() {
  auto connected = connect_local(path_of(queue_service_name).c_str(), SOCK_SEQPACKET | SOCK_NONBLOCK);
  if (connected.ok()) socket_ = connected.take();
  return connected.ok();
}

bool QueueService::give(int message, int envelope) {
  int fds[] = {message, envelope};
  // qmail-queued needs to read nothing to say that it is too busy.
  busy_ = send_descriptors(socket_.get(), fds).ok() || receive_answer(socket_.get(), MSG_PEEK);
  if (!busy_) end();
  return busy_;
}

bool QueueService::hand(int message, int envelope) {
  if (idle() && give(message, envelope)) return true;
  return connect_to_service() && give(message, envelope);
}

Result<std::optional<int>> QueueService::outcome() {
  busy_ = false;
  pollfd p[] = {{socket_.get(), POLLIN, 0}, {process_.get(), POLLIN, 0}};
  while (poll(p, process_.is_open() ? 2 : 1, -1) == -1 && errno == EINTR) continue;
  auto answer = receive_answer(socket_.get(), 0);
  if (answer) pid_ = static_cast<pid_t>(answer->pid);
  if (answer && answer->code == 0) return std::optional<int>(0);
  socket_.close();
  process_.close();
  if (std::exchange(is_child_, false)) return exit_code(TRY(wait_for(pid_)));
  if (!answer) return std::optional<int>();
  return std::optional<int>(answer->code);
}

ssize_t watched_read(int fd, char* space, size_t n, const void* context) {
  auto watch = static_cast<const QueueWatch*>(context);
  if (watch->service->idle()) {
    Deadline first = Deadline::in_milliseconds(std::min(idle_milliseconds, watch->limit.milliseconds()));
    ssize_t got = read_until(fd, space, n, &first);
    if (got != -1 || errno != ETIMEDOUT) return got;
    watch->service->end();
  }
  return read_until(fd, space, n, &watch->limit);
}
