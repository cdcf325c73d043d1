#include "lib/pass.h"

#include <string.h>
#include <sys/socket.h>

// Room for what one message may carry: the caller's descriptors and one more, so
// that too many are noticed.
static constexpr size_t most = 4;
namespace {
struct Control {
  alignas(cmsghdr) char space[CMSG_SPACE((most + 1) * sizeof(int))];
};
}  // namespace

Result<SocketPair> make_socket_pair() {
  int s[2];
  TRY(check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s)));
  return SocketPair{Fd(s[0]), Fd(s[1])};
}

Result<> send_descriptors(int socket, std::span<const int> fds, Str text) {
  if (fds.size() > most) return Err{EINVAL};
  iovec bytes = {const_cast<char*>(text.data()), text.size()};
  Control control = {};
  msghdr m = {};
  m.msg_iov = &bytes;
  m.msg_iovlen = 1;
  m.msg_control = control.space;
  m.msg_controllen = static_cast<decltype(m.msg_controllen)>(CMSG_SPACE(fds.size_bytes()));
  cmsghdr* c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = static_cast<decltype(c->cmsg_len)>(CMSG_LEN(fds.size_bytes()));
  memcpy(CMSG_DATA(c), fds.data(), fds.size_bytes());
  return check(static_cast<int>(sendmsg(socket, &m, MSG_NOSIGNAL)));
}

Result<bool> receive_descriptors(int socket, std::span<Fd> fds) {
  char byte;
  return TRY(receive_descriptors(socket, fds, {&byte, 1})) > 0;
}

Result<size_t> receive_descriptors(int socket, std::span<Fd> fds, std::span<char> space) {
  if (fds.size() > most) return Err{EINVAL};
  iovec text = {space.data(), space.size()};
  Control control;
  msghdr m = {};
  m.msg_iov = &text;
  m.msg_iovlen = 1;
  m.msg_control = control.space;
  m.msg_controllen = sizeof control.space;
  ssize_t n;
  do n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
  while (n == -1 && errno == EINTR);
  if (n == -1) return Err::last();

  size_t got = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len; at += sizeof(int), ++got) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
      if (got < fds.size())
        fds[got] = Fd(fd);
      else
        close(fd);
    }
  }
  if (n == 0 && got == 0) return size_t{0};
  if (n > 0 && got == fds.size() && !(m.msg_flags & (MSG_CTRUNC | MSG_TRUNC))) return static_cast<size_t>(n);
  for (Fd& fd : fds) fd.close();
  return Err{EPROTO};
}
