#include "lib/net.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <string.h>

SocketAddress to_system(const Endpoint& end) {
  SocketAddress out{};
  if (end.ip.family == Ip::Family::v4) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(end.port);
    memcpy(&a.sin_addr, end.ip.bytes.data(), 4);
    memcpy(&out.storage, &a, out.size = sizeof a);
  } else {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(end.port);
    a.sin6_scope_id = end.ip.scope;
    memcpy(&a.sin6_addr, end.ip.bytes.data(), 16);
    memcpy(&out.storage, &a, out.size = sizeof a);
  }
  return out;
}

Endpoint from_system(const SocketAddress& in) {
  Endpoint end;
  if (in.storage.ss_family == AF_INET) {
    sockaddr_in a;
    memcpy(&a, &in.storage, sizeof a);
    end.port = ntohs(a.sin_port);
    memcpy(end.ip.bytes.data(), &a.sin_addr, 4);
  } else if (in.storage.ss_family == AF_INET6) {
    sockaddr_in6 a;
    memcpy(&a, &in.storage, sizeof a);
    end.port = ntohs(a.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&a.sin6_addr)) {
      memcpy(end.ip.bytes.data(), reinterpret_cast<const uint8_t*>(&a.sin6_addr) + 12, 4);
    } else {
      end.ip.family = Ip::Family::v6;
      end.ip.scope = a.sin6_scope_id;
      memcpy(end.ip.bytes.data(), &a.sin6_addr, 16);
    }
  }
  return end;
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);
static Result<Endpoint> end_of(int fd, NameCall call) {
  SocketAddress a{};
  a.size = sizeof a.storage;
  TRY(check(call(fd, reinterpret_cast<sockaddr*>(&a.storage), &a.size)));
  if (a.storage.ss_family != AF_INET && a.storage.ss_family != AF_INET6) return Err{EAFNOSUPPORT};
  return from_system(a);
}
Result<Endpoint> local_end(int fd) { return end_of(fd, getsockname); }
Result<Endpoint> remote_end(int fd) { return end_of(fd, getpeername); }

Result<Fd> start_connecting(const Endpoint& to, const Endpoint* from) {
  int family = to.ip.family == Ip::Family::v4 ? AF_INET : AF_INET6;
  Fd fd = TRY(owned(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  if (from) {
    SocketAddress a = to_system(*from);
    TRY(check(bind(fd.get(), reinterpret_cast<sockaddr*>(&a.storage), a.size)));
  }
  SocketAddress a = to_system(to);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&a.storage), a.size) == -1 && errno != EINPROGRESS &&
      errno != EINTR)
    return Err::last();
  return fd;
}

Result<> finish_connecting(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  TRY(check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)));
  if (error) return Err{error};
  int flags = fcntl(fd, F_GETFL);
  TRY(check(flags));
  return check(fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

Result<Fd> connect_tcp(const Endpoint& to, Deadline limit, const Endpoint* from) {
  Fd fd = TRY(start_connecting(to, from));
  pollfd p = {fd.get(), POLLOUT, 0};
  for (;;) {
    int r = poll(&p, 1, limit.milliseconds());
    if (r == 0) return Err{ETIMEDOUT};
    if (r > 0) break;
    if (errno != EINTR) return Err::last();
  }
  TRY(finish_connecting(fd.get()));
  return fd;
}

static uint32_t number_of_interface(const sockaddr* address) {
  sockaddr_in6 v6;
  sockaddr_ll link;
  switch (address ? address->sa_family : AF_UNSPEC) {
    case AF_PACKET: memcpy(&link, address, sizeof link); return static_cast<uint32_t>(link.sll_ifindex);
    case AF_INET6: memcpy(&v6, address, sizeof v6); return v6.sin6_scope_id;
    default: return 0;
  }
}

// Of the part of an address behind its %. 0: there is no such interface. The
// kernel is asked in the one way that jails allow, which if_nametoindex's is not.
static uint32_t find_interface(Str zone) {
  if (auto number = scan_u64(zone, UINT32_MAX)) return static_cast<uint32_t>(*number);
  ifaddrs* all;
  if (getifaddrs(&all) == -1) return 0;
  uint32_t number = 0;
  for (ifaddrs* i = all; i && !number; i = i->ifa_next)
    if (zone == Str(i->ifa_name)) number = number_of_interface(i->ifa_addr);
  freeifaddrs(all);
  return number;
}

std::optional<Endpoint> parse_endpoint(Str text, uint16_t otherwise) {
  Str host = text, port;
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == Str::npos) return {};
    host = slice(text, 1, close - 1);
    port = slice(text, close + 1);
    if (!port.empty() && port[0] != ':') return {};
  } else if (text.find(':') == text.rfind(':')) {  // two colons: a bare v6 address
    host = slice(text, 0, text.find(':'));
    port = slice(text, host.size());
  }
  Endpoint end;
  Str zone = host;
  auto ip = Ip::parse(take_until(zone, '%'));
  if (!ip) return {};
  end.ip = *ip;
  if (!zone.empty()) end.ip.scope = find_interface(zone);
  end.port = otherwise;
  if (port.empty()) return end;
  auto number = scan_u64(slice(port, 1), UINT16_MAX);
  if (!number || *number == 0) return {};
  end.port = static_cast<uint16_t>(*number);
  return end;
}
