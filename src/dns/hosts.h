// The file hosts(5): names of machines that no name server need be asked for.
#pragma once
#include <vector>

#include "lib/ip.h"

class Hosts {
 public:
  explicit Hosts(Buf text) : text_(std::move(text)) {}
  static Hosts from_system();  // of /etc/hosts; empty when it cannot be read

  // The first name of ip's first line, in the form of DnsName::append_to.
  std::optional<Buf> name_of(const Ip&) const;
  // Appends the addresses of every line that holds name, whatever its case.
  void ips_of(Str name, std::vector<Ip>& out) const;

 private:
  Buf text_;
};
