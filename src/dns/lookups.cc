#include "dns/lookups.h"

#include <poll.h>

void Lookups::ask(const DnsQuestion& question) {
  asked_.push_back({Exchange(servers_, question, limit_), question.type});
}

// A server that only answers for its own names leaves the end of an alias to
// the asker. A chain longer than this is a loop.
bool Lookups::follow_alias(Asked& one) {
  constexpr int most = 8;
  if (one.exchange.answer() != DnsAnswer::alias || one.aliases == most) return false;
  ++one.aliases;
  DnsQuestion next{one.exchange.target(), one.type};
  one.exchange = Exchange(servers_, next, limit_);
  return true;
}

void Lookups::go_on() {
  std::vector<pollfd> waits;
  std::vector<Asked*> waiting;
  int patience = -1;
  for (Asked& one : asked_) {
    if (one.exchange.done() && !follow_alias(one)) continue;
    if (one.exchange.done()) continue;
    waits.push_back({one.exchange.fd(), one.exchange.events(), 0});
    waiting.push_back(&one);
    if (int own = one.exchange.milliseconds(); patience == -1 || own < patience) patience = own;
  }
  if (poll(waits.data(), waits.size(), patience) == -1)
    for (pollfd& p : waits) p.revents = 0;
  for (size_t i = 0; i < waits.size(); ++i) waiting[i]->exchange.go_on(waits[i].revents);
}

DnsOutcome Lookups::wait(size_t i, std::vector<DnsRecord>& out) {
  Asked& one = asked_[i];
  while (!one.exchange.done() || follow_alias(one))
    if (!one.exchange.done()) go_on();
  for (DnsRecord& r : one.exchange.take_records()) out.push_back(std::move(r));
  switch (one.exchange.answer()) {
    case DnsAnswer::found: return DnsOutcome::found;
    case DnsAnswer::no_such_name: return DnsOutcome::no_such_name;
    case DnsAnswer::no_data: return DnsOutcome::no_data;
    default: return DnsOutcome::temporary;
  }
}
