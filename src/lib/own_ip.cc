#include "lib/own_ip.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/net.h"

Result<std::vector<Ip>> own_addresses() {
  ifaddrs* list;
  TRY(check(getifaddrs(&list)));
  std::vector<Ip> own = {Ip::any(Ip::Family::v4), Ip::any(Ip::Family::v6)};
  for (ifaddrs* i = list; i; i = i->ifa_next) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) continue;
    int family = i->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    SocketAddress a{};
    a.size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    memcpy(&a.storage, i->ifa_addr, a.size);
    own.push_back(from_system(a).ip);
  }
  freeifaddrs(list);
  return own;
}

bool is_own(const std::vector<Ip>& own, const Ip& ip) {
  if (in_prefix(ip, Ip::loopback(Ip::Family::v4), 8)) return true;
  for (const Ip& mine : own)
    if (mine == ip) return true;
  return false;
}
