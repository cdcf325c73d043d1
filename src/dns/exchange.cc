#include "dns/exchange.h"

#include <poll.h>

#include "lib/random.h"

namespace {
// The last round goes without EDNS0: there are networks that lose what has it.
struct Round {
  int milliseconds;
  Edns edns;
};
constexpr Round rounds[] = {{2000, Edns::on}, {5000, Edns::on}, {12000, Edns::off}};
}  // namespace

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

Exchange::Exchange(std::span<const Endpoint> servers, const DnsQuestion& question, Deadline limit)
    : servers_(servers), question_(question), limit_(limit), patience_(limit) {
  ask();
}

short Exchange::events() const { return transport_ == Transport::tcp_connecting ? POLLOUT : POLLIN; }

void Exchange::finish(DnsAnswer answer) {
  answer_ = answer;
  transport_ = Transport::none;
  fd_.close();
}

void Exchange::ask() {
  for (; round_ < std::size(rounds); ++round_, server_ = 0) {
    for (; server_ < servers_.size(); ++server_) {
      int left = limit_.milliseconds();
      if (left == 0) return finish(DnsAnswer::failed);
      const Round& round = rounds[round_];
      patience_ = Deadline::in_milliseconds(left < round.milliseconds ? left : round.milliseconds);
      edns_ = round.edns;
      if (start_udp().ok()) return;
    }
  }
  finish(DnsAnswer::failed);
}

void Exchange::ask_next() {
  ++server_;
  ask();
}

Result<> Exchange::start_udp() {
  fd_ = TRY(open_udp(servers_[server_]));
  transport_ = Transport::udp;
  id_ = static_cast<uint16_t>(random_u32());
  Buf query;
  build_query(query, id_, question_, edns_);
  return check(static_cast<int>(send(fd_.get(), query.c_str(), query.size(), MSG_NOSIGNAL)));
}

Result<> Exchange::start_tcp() {
  fd_ = TRY(start_connecting(servers_[server_]));
  transport_ = Transport::tcp_connecting;
  packet_.clear();
  return {};
}

// RFC 7766: the same packets behind two bytes of length.
Result<> Exchange::send_tcp() {
  TRY(finish_connecting(fd_.get()));
  transport_ = Transport::tcp;
  id_ = static_cast<uint16_t>(random_u32());
  Buf query, framed;
  build_query(query, id_, question_, edns_);
  framed.push(static_cast<char>(query.size() >> 8));
  framed.push(static_cast<char>(query.size() & 0xff));
  framed.append(query);
  // So little always fits into an empty socket's buffer: it does not block.
  if (send(fd_.get(), framed.c_str(), framed.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(framed.size()))
    return Err{EIO};
  return {};
}

// What an answer leads to; an Err: this server is of no use now.
Result<> Exchange::read_packet(Str packet) {
  bool udp = transport_ == Transport::udp;
  DnsAnswer answer = read_answer(packet, id_, question_, records_, target_);
  switch (answer) {
    case DnsAnswer::not_ours: return udp ? Result<>() : Err{EPROTO};  // a forgery: the right one may follow
    case DnsAnswer::truncated: return udp ? start_tcp() : Err{EPROTO};
    case DnsAnswer::no_edns:
      if (!udp || edns_ == Edns::off) return Err{EPROTO};
      edns_ = Edns::off;
      return start_udp();
    case DnsAnswer::failed: return Err{EPROTO};
    default: finish(answer); return {};
  }
}

Result<> Exchange::receive_udp() {
  char packet[4096];  // more than was offered to anyone
  ssize_t n = recv(fd_.get(), packet, sizeof packet, 0);
  if (n == -1 && (errno == EINTR || errno == EAGAIN)) return {};  // EAGAIN: a wrong checksum
  if (n == -1) return Err::last();
  return read_packet({packet, static_cast<size_t>(n)});
}

Result<> Exchange::receive_tcp() {
  char space[4096];
  ssize_t n = recv(fd_.get(), space, sizeof space, MSG_DONTWAIT);
  if (n == -1 && (errno == EINTR || errno == EAGAIN)) return {};
  if (n == -1) return Err::last();
  if (n == 0) return Err{ECONNRESET};
  packet_.append({space, static_cast<size_t>(n)});
  if (packet_.size() < 2) return {};
  Str framed = packet_;
  size_t size = static_cast<size_t>(static_cast<unsigned char>(framed[0])) << 8 | static_cast<unsigned char>(framed[1]);
  if (framed.size() - 2 < size) return {};
  return read_packet(slice(framed, 2, size));
}

void Exchange::go_on(short seen) {
  if (!seen) {
    if (patience_.passed()) ask_next();
    return;
  }
  Result<> r;
  switch (transport_) {
    case Transport::none: return;
    case Transport::udp: r = receive_udp(); break;
    case Transport::tcp_connecting: r = send_tcp(); break;
    case Transport::tcp: r = receive_tcp(); break;
  }
  if (!r.ok()) return ask_next();
  // Nor may drips or forgeries keep us waiting longer.
  if (!done() && patience_.passed()) ask_next();
}
