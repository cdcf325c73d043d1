#include "dns/exchange.h"

#include <poll.h>

#include "lib/random.h"

namespace {
struct Exchange {
  const Endpoint& server;
  const DnsQuestion& question;
  std::vector<DnsRecord>& out;
  DnsName& target;
};
}  // namespace

static Result<> wait_for_input(int fd, Deadline limit) {
  pollfd p = {fd, POLLIN, 0};
  for (;;) {
    int r = poll(&p, 1, limit.milliseconds());
    if (r > 0) return {};
    if (r == 0) return Err{ETIMEDOUT};
    if (errno != EINTR) return Err::last();
  }
}

// Who wants to forge an answer must guess id and port (RFC 5452 section 4): both
// are random. Only when none of the guessed ports is free the kernel chooses.
static Result<> bind_random_port(int fd, Ip::Family family) {
  constexpr uint32_t first = 1025, last = 65535;
  for (int tries = 0; tries < 10; ++tries) {
    Endpoint from{Ip::any(family), static_cast<uint16_t>(first + random_below(last - first + 1))};
    SocketAddress a = to_system(from);
    if (bind(fd, reinterpret_cast<sockaddr*>(&a.storage), a.size) == 0) return {};
    if (errno != EADDRINUSE && errno != EACCES) return Err::last();
  }
  return {};
}

// Connected, so that the kernel lets through only what comes from the server.
static Result<Fd> open_udp(const Endpoint& server) {
  int family = server.ip.family == Ip::Family::v4 ? AF_INET : AF_INET6;
  Fd fd = TRY(owned(socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  TRY(bind_random_port(fd.get(), server.ip.family));
  SocketAddress a = to_system(server);
  TRY(check(connect(fd.get(), reinterpret_cast<sockaddr*>(&a.storage), a.size)));
  return fd;
}

static Result<DnsAnswer> ask_udp(const Exchange& e, Edns edns, Deadline limit) {
  Fd fd = TRY(open_udp(e.server));
  auto id = static_cast<uint16_t>(random_u32());
  Buf query;
  build_query(query, id, e.question, edns);
  TRY(check(static_cast<int>(send(fd.get(), query.c_str(), query.size(), MSG_NOSIGNAL))));
  for (;;) {
    TRY(wait_for_input(fd.get(), limit));
    char packet[4096];  // more than was offered to anyone
    ssize_t n = recv(fd.get(), packet, sizeof packet, 0);
    if (n == -1 && (errno == EINTR || errno == EAGAIN)) continue;  // EAGAIN: a wrong checksum
    if (n == -1) return Err::last();
    DnsAnswer answer = read_answer({packet, static_cast<size_t>(n)}, id, e.question, e.out, e.target);
    if (answer != DnsAnswer::not_ours) return answer;
  }
}

static Result<> read_exactly(int fd, char* space, size_t n, Deadline limit) {
  while (n > 0) {
    TRY(wait_for_input(fd, limit));
    ssize_t got = recv(fd, space, n, MSG_DONTWAIT);
    if (got == -1 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got == -1) return Err::last();
    if (got == 0) return Err{ECONNRESET};
    space += got;
    n -= static_cast<size_t>(got);
  }
  return {};
}

// RFC 7766: the same packets behind two bytes of length.
static Result<DnsAnswer> ask_tcp(const Exchange& e, Edns edns, Deadline limit) {
  Fd fd = TRY(connect_tcp(e.server, limit));
  auto id = static_cast<uint16_t>(random_u32());
  Buf query, framed;
  build_query(query, id, e.question, edns);
  framed.push(static_cast<char>(query.size() >> 8));
  framed.push(static_cast<char>(query.size() & 0xff));
  framed.append(query);
  // So little always fits into an empty socket's buffer: it does not block.
  if (send(fd.get(), framed.c_str(), framed.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(framed.size()))
    return Err{EIO};
  unsigned char size[2];
  TRY(read_exactly(fd.get(), reinterpret_cast<char*>(size), sizeof size, limit));
  std::vector<char> packet(static_cast<size_t>(size[0]) << 8 | size[1]);
  TRY(read_exactly(fd.get(), packet.data(), packet.size(), limit));
  DnsAnswer answer = read_answer({packet.data(), packet.size()}, id, e.question, e.out, e.target);
  if (answer == DnsAnswer::truncated || answer == DnsAnswer::not_ours) return DnsAnswer::failed;
  return answer;
}

// What one server says; every error of its network is a failed.
static DnsAnswer ask_server(const Exchange& e, Edns edns, Deadline limit) {
  auto answered = ask_udp(e, edns, limit);
  DnsAnswer answer = answered.ok() ? answered.take() : DnsAnswer::failed;
  if (answer == DnsAnswer::no_edns && edns == Edns::on) return ask_server(e, Edns::off, limit);
  if (answer != DnsAnswer::truncated) return answer;
  answered = ask_tcp(e, edns, limit);
  return answered.ok() ? answered.take() : DnsAnswer::failed;
}

DnsAnswer ask_servers(std::span<const Endpoint> servers, const DnsQuestion& question, std::vector<DnsRecord>& out,
                      DnsName& target, Deadline limit) {
  // The last round goes without EDNS0: there are networks that lose what has it.
  struct Round {
    int milliseconds;
    Edns edns;
  };
  static constexpr Round rounds[] = {{2000, Edns::on}, {5000, Edns::on}, {12000, Edns::off}};
  for (const Round& round : rounds) {
    for (const Endpoint& server : servers) {
      int left = limit.milliseconds();
      if (left == 0) return DnsAnswer::failed;
      Deadline own = Deadline::in_milliseconds(left < round.milliseconds ? left : round.milliseconds);
      DnsAnswer answer = ask_server({server, question, out, target}, round.edns, own);
      if (answer != DnsAnswer::failed && answer != DnsAnswer::no_edns) return answer;
    }
  }
  return DnsAnswer::failed;
}
