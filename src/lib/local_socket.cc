#include "lib/local_socket.h"

#include <string.h>
#include <sys/un.h>

static Result<sockaddr_un> address_of(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  size_t size = strlen(path) + 1;
  if (size > sizeof address.sun_path) return Err{ENAMETOOLONG};
  memcpy(address.sun_path, path, size);
  return address;
}

Result<Fd> connect_local(const char* path, int type) {
  sockaddr_un address = TRY(address_of(path));
  Fd fd = TRY(owned(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)));
  TRY(check(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address)));
  return fd;
}

Result<Fd> listen_local(const char* path, int type, int backlog) {
  sockaddr_un address = TRY(address_of(path));
  Fd fd = TRY(owned(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)));
  TRY(check(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address)));
  TRY(check(listen(fd.get(), backlog)));
  return fd;
}

Result<uid_t> peer_uid(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  TRY(check(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size)));
  return peer.uid;
}
