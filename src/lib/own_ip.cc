#include "lib/own_ip.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include <charconv>

#include "lib/buf.h"
#include "lib/net.h"
#include "lib/sys.h"

// Two hexadecimal digits, cut off text.
static Result<uint8_t> take_hex_byte(Str& text) {
  if (text.size() < 2) return Err{EPROTO};
  uint8_t byte;
  auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
  if (error != std::errc() || end != text.data() + 2) return Err{EPROTO};
  text = slice(text, 2);
  return byte;
}

static Ip ip_of(const sockaddr* address, size_t size) {
  SocketAddress a{};
  a.size = static_cast<socklen_t>(size);
  memcpy(&a.storage, address, size);
  return from_system(a).ip;
}

// Any kernel's and any number of them, by a conversation with the kernel that
// takes longer than all the rest of what a small program does.
static Result<> add_all(std::vector<Ip>& own) {
  ifaddrs* list;
  TRY(check(getifaddrs(&list)));
  for (ifaddrs* i = list; i; i = i->ifa_next) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) continue;
    int family = i->ifa_addr->sa_family;
    if (family == AF_INET) own.push_back(ip_of(i->ifa_addr, sizeof(sockaddr_in)));
    if (family == AF_INET6) own.push_back(ip_of(i->ifa_addr, sizeof(sockaddr_in6)));
  }
  freeifaddrs(list);
  return {};
}

// netdevice(7). An Err: not to be had, or perhaps not all of them.
static Result<> add_v4(std::vector<Ip>& own) {
  Fd fd = TRY(owned(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  ifreq found[64];
  ifconf all{};
  all.ifc_len = sizeof found;
  all.ifc_req = found;
  TRY(check(ioctl(fd.get(), SIOCGIFCONF, &all)));
  auto count = static_cast<size_t>(all.ifc_len) / sizeof(ifreq);
  if (count == std::size(found)) return Err{E2BIG};
  for (ifreq& f : std::span(found, count)) {
    Ip ip = ip_of(&f.ifr_addr, sizeof(sockaddr_in));
    TRY(check(ioctl(fd.get(), SIOCGIFFLAGS, &f)));  // in the place of the address
    if (f.ifr_flags & IFF_UP) own.push_back(ip);
  }
  return {};
}

// proc(5): lines of 32 hexadecimal digits, the number of the interface, and more.
static Result<> add_v6(std::vector<Ip>& own) {
  Fd fd = TRY(open_read("/proc/net/if_inet6"));
  Buf text;
  TRY(read_all(fd.get(), text, 65536));
  for (Str rest = text; !rest.empty();) {
    Str line = take_until(rest, '\n');
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    for (uint8_t& byte : a.sin6_addr.s6_addr) byte = TRY(take_hex_byte(line));
    line = slice(line, 1);
    unsigned interface = TRY(take_hex_byte(line));
    if (!line.starts_with(' ')) return Err{EPROTO};  // of more digits
    if (IN6_IS_ADDR_LINKLOCAL(&a.sin6_addr)) a.sin6_scope_id = interface;
    own.push_back(ip_of(reinterpret_cast<sockaddr*>(&a), sizeof a));
  }
  return {};
}

Result<std::vector<Ip>> own_addresses() {
  std::vector<Ip> own = {Ip::any(Ip::Family::v4), Ip::any(Ip::Family::v6)};
  if (add_v4(own).ok() && add_v6(own).ok()) return own;
  own.resize(2);
  TRY(add_all(own));
  return own;
}

bool is_own(const std::vector<Ip>& own, const Ip& ip) {
  if (in_prefix(ip, Ip::loopback(Ip::Family::v4), 8)) return true;
  for (const Ip& mine : own)
    if (mine == ip) return true;
  return false;
}
