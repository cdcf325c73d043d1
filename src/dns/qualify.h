// Short names made whole: the rules of a dnsrewrite file
// (https://cr.yp.to/djbdns/qualification.html), or those that follow from a list
// of domains to search.
#pragma once
#include <vector>

#include "lib/buf.h"

class Qualification {
 public:
  explicit Qualification(Buf rules) : rules_(std::move(rules)) {}
  // "x" is looked for in each of the domains, a name with a dot as it stands.
  static Qualification from_domains(Str list);
  // The file that DNSREWRITEFILE names, /etc/dnsrewrite, the domains of
  // LOCALDOMAIN, those of "search" or "domain" in /etc/resolv.conf, or the
  // domain of the host's own name: the first there is.
  static Qualification from_system();

  // The names to try, one after the other.
  std::vector<Buf> names_for(Str name) const;

 private:
  Buf rules_;
};
