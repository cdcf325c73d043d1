// Several questions to the name servers of this machine at once.
#pragma once
#include "dns/exchange.h"
#include "dns/resolver.h"

class Lookups {
 public:
  // resolver must live as long as this does; the deadline is that of them all.
  Lookups(const Resolver& resolver, Deadline limit) : servers_(resolver.servers()), limit_(limit) {}

  // Sends the question off. The first is number 0.
  void ask(const DnsQuestion&);

  // Waits for the answer to question number i, while the others go on too. What
  // is found is appended to out; once.
  DnsOutcome wait(size_t i, std::vector<DnsRecord>& out);

 private:
  struct Asked {
    Exchange exchange;
    DnsType type;
    int aliases = 0;  // followed
  };
  bool follow_alias(Asked&);
  void go_on();

  std::span<const Endpoint> servers_;
  Deadline limit_;
  std::vector<Asked> asked_;
};
