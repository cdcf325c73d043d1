#include "send/control_socket.h"

#include "lib/local_socket.h"
#include "mail/queue_files.h"
#include "send/pipe_end.h"

static constexpr int64_t most_idle = 60;  // seconds without a byte moved

Result<> ControlSocket::open() {
  if (unlink(control_socket_name) == -1 && errno != ENOENT) return Err::last();
  listener_ = TRY(listen_local(control_socket_name, SOCK_STREAM | SOCK_NONBLOCK, 16));
  return {};
}

// Root, and who runs as this program does: nobody else may order anything, even if
// he gets through to the socket.
static std::optional<uint32_t> allowed_peer(int fd) {
  auto found = peer_uid(fd);
  if (!found.ok()) return {};
  uid_t uid = found.take();
  if (uid != 0 && uid != geteuid()) return {};
  return uid;
}

void ControlSocket::accept() {
  Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.is_open()) return;
  auto uid = allowed_peer(fd.get());
  if (!uid) return;
  connections_.push_back({std::move(fd), ++last_number_, *uid, Deadline::in(most_idle), false, false, {}, {}});
}

void ControlSocket::watch(std::vector<pollfd>& polls) const {
  polls.push_back({connections_.size() < most_connections ? listener_.get() : -1, POLLIN, 0});
  for (const Connection& c : connections_) {
    short events = !c.pending.empty() ? POLLOUT : c.may_read() && !c.has_request() ? POLLIN : 0;
    polls.push_back({c.fd.get(), events, 0});
  }
}

void ControlSocket::exchange(Connection& c, short events) {
  size_t before = c.received.size() + c.pending.size();
  if (events & POLLOUT) c.broken |= !write_pending(c.fd.get(), c.pending);
  if (events & POLLIN) c.broken |= !read_received(c.fd.get(), c.received);
  if (events & (POLLERR | POLLHUP | POLLNVAL) && !(events & POLLIN)) c.broken = true;
  if (c.received.size() > longest_control_request && !c.has_request()) c.broken = true;
  if (c.received.size() + c.pending.size() != before || c.asked) c.idle = Deadline::in(most_idle);
  if (c.idle.passed()) c.broken = true;
}

void ControlSocket::receive(std::span<const pollfd> polls) {
  for (size_t i = 0; i < connections_.size(); ++i) exchange(connections_[i], polls[i + 1].revents);
  std::erase_if(connections_, [](const Connection& c) { return c.broken; });
  if (polls[0].revents) accept();
}

bool ControlSocket::has_request() const {
  for (const Connection& c : connections_)
    if (c.has_request()) return true;
  return false;
}

std::optional<ControlRequest> ControlSocket::next_request() {
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection& c = connections_[next_++ % connections_.size()];
    if (!c.has_request()) continue;
    size_t end = c.received.view().find('\0');
    auto request = parse_control_request(slice(c.received, 0, end));
    c.received.drop_front(end + 1);
    if (!request) {
      c.pending.add("-no such request\0"sv);
      continue;
    }
    c.asked = true;
    request->connection = c.number;
    request->uid = c.uid;
    return request;
  }
  return {};
}

void ControlSocket::answer(uint64_t connection, Str text) {
  for (Connection& c : connections_) {
    if (c.number != connection) continue;
    c.asked = false;
    c.pending.add(text, "\0"sv);
    c.broken |= !write_pending(c.fd.get(), c.pending);
  }
}
