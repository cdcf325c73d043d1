#include "lib/own_ip.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <algorithm>

#include "check.h"
#include "lib/net.h"

// What the C library finds, in its own way.
static std::vector<Ip> all_that_is_up() {
  std::vector<Ip> all = {Ip::any(Ip::Family::v4), Ip::any(Ip::Family::v6)};
  ifaddrs* list = nullptr;
  CHECK(getifaddrs(&list) == 0);
  for (ifaddrs* i = list; i; i = i->ifa_next) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) continue;
    int family = i->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    SocketAddress a{};
    a.size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    memcpy(&a.storage, i->ifa_addr, a.size);
    all.push_back(from_system(a).ip);
  }
  freeifaddrs(list);
  return all;
}

int main() {
  auto found = own_addresses();
  CHECK(found.ok());
  auto own = found.take(), all = all_that_is_up();
  CHECK(own.size() == all.size());
  for (const Ip& ip : all) {
    auto same = [&](const Ip& mine) { return mine == ip && mine.scope == ip.scope; };
    CHECK(std::any_of(own.begin(), own.end(), same));
  }
  CHECK(is_own(own, Ip::loopback(Ip::Family::v4)));
  return failures != 0;
}
