// Names and addresses of machines: /etc/hosts first, then the name servers.
// Neither is looked at before it is needed.
#pragma once
#include "dns/hosts.h"
#include "dns/resolver.h"

class Names {
 public:
  // ip's name, if it has one and it is found in time.
  std::optional<Buf> name_of(const Ip& ip, Deadline);
  // The same, telling why there is none; name is set when it is found.
  DnsOutcome find_name(const Ip& ip, Buf& name, Deadline);
  // The addresses of a name, not qualified; IPv4 before IPv6.
  DnsOutcome ips_of(Str name, std::vector<Ip>& out, Deadline);
  // The same of a host as people give it: an address, a name, a short name.
  DnsOutcome ips_of_host(Str host, std::vector<Ip>& out, Deadline);
  // Is ip one of the name's addresses?
  bool is_ip_of(const Ip& ip, Str name, Deadline);

 private:
  const Hosts& hosts();
  const Resolver& resolver();
  std::optional<Hosts> hosts_;
  std::optional<Resolver> resolver_;
};
