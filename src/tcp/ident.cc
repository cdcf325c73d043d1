#include "tcp/ident.h"

#include <poll.h>

Buf ident_user(Str line) {
  constexpr size_t longest = 256;
  for (int colons = 0; colons < 3; ++colons) take_until(line, ':');
  Buf user;
  for (char c : line) {
    if (c == '\0' || user.size() == longest) break;
    if (!is_blank(c) && c != '\r') user.push(c);
  }
  return user;
}

std::optional<Buf> ask_ident(const Endpoint& local, const Endpoint& remote, Deadline limit) {
  constexpr uint16_t ident_port = 113;
  constexpr size_t longest = 4096;
  // From the address that the connection is to: the server compares.
  Endpoint from{local.ip, 0};
  auto connected = connect_tcp({remote.ip, ident_port}, limit, &from);
  if (!connected.ok()) return {};
  Fd fd = connected.take();
  Buf text;
  text.add(Num(remote.port), " , ", Num(local.port), "\r\n");
  if (send(fd.get(), text.c_str(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) != static_cast<ssize_t>(text.size()))
    return {};

  text.clear();
  while (text.size() < longest) {
    pollfd p = {fd.get(), POLLIN, 0};
    int ready = poll(&p, 1, limit.milliseconds());
    if (ready == -1 && errno == EINTR) continue;
    if (ready <= 0) return {};
    char space[512];
    ssize_t n = recv(fd.get(), space, sizeof space, MSG_DONTWAIT);
    if (n == -1 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return {};
    text.append({space, static_cast<size_t>(n)});
    if (size_t end = text.view().find('\n'); end != Str::npos) return ident_user(slice(text, 0, end));
  }
  return {};
}
