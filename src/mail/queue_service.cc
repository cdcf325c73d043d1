#include "mail/queue_service.h"

#include <poll.h>
#include <sys/socket.h>

#include "lib/child.h"
#include "lib/io.h"
#include "lib/pass.h"

static constexpr int idle_milliseconds = 1000;

void QueueService::end() {
  socket_.close();
  process_.close();
  if (pid_ && !wait_for(std::exchange(pid_, 0)).ok()) return;
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
  busy_ = true;
  // What runs may be another program in qmail-queue's place, whose end must be
  // seen even when it leaves the socket open in a child of its own.
  if (auto watched = watch(pid); watched.ok()) process_ = watched.take();
}

bool QueueService::hand(int message, int envelope) {
  if (!idle()) return false;
  int fds[] = {message, envelope};
  busy_ = send_descriptors(socket_.get(), fds).ok();
  if (!busy_) end();
  return busy_;
}

Result<int> QueueService::outcome() {
  busy_ = false;
  pollfd p[] = {{socket_.get(), POLLIN, 0}, {process_.get(), POLLIN, 0}};
  while (poll(p, process_.is_open() ? 2 : 1, -1) == -1 && errno == EINTR) continue;
  char answer = 1;
  if (recv(socket_.get(), &answer, 1, MSG_DONTWAIT) == 1 && answer == 0) return 0;
  socket_.close();
  process_.close();
  return wait_for(std::exchange(pid_, 0));
}

ssize_t watched_read(int fd, char* space, size_t n, const void* context) {
  auto watch = static_cast<const QueueWatch*>(context);
  if (watch->service->idle()) {
    pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, idle_milliseconds) == 0) watch->service->end();
  }
  return watch->seconds ? timed_read(fd, space, n, &watch->seconds) : read(fd, space, n);
}
