#include "remote/exchanger.h"

#include <algorithm>

// Nobody has more exchangers that matter, and a hostile name server gives no
// more work than this.
static constexpr size_t most_exchangers = 32, most_addresses = 64;
static constexpr int64_t patience = 300;  // seconds for all questions together

static bool contains(std::span<const Ip> ips, const Ip& ip) {
  for (const Ip& i : ips)
    if (i == ip) return true;
  return false;
}

static bool contains(const std::vector<Candidate>& all, const Ip& ip) {
  for (const Candidate& c : all)
    if (c.ip == ip) return true;
  return false;
}

bool speaks_qmtp(uint16_t preference) { return preference >= 12800 && preference < 13056 && preference % 16 == 1; }

static void shuffle(std::vector<Exchanger>& all, uint32_t (*random)(uint32_t)) {
  for (size_t n = all.size(); n > 1; --n) std::swap(all[n - 1], all[random(static_cast<uint32_t>(n))]);
}

Choice choose_addresses(HostLookup found, std::span<const Ip> own, uint32_t (*random)(uint32_t)) {
  switch (found.outcome) {
    case DnsOutcome::found: break;
    case DnsOutcome::temporary: return {Reachable::dns_trouble, {}};
    case DnsOutcome::no_such_name: return {Reachable::no_such_host, {}};
    case DnsOutcome::no_data: return {Reachable::no_address, {}};
  }
  if (found.takes_no_mail) return {Reachable::takes_no_mail, {}};

  auto& all = found.exchangers;
  bool trouble = false, any = false;
  uint32_t limit = UINT32_MAX;  // the best preference that is ours
  for (const Exchanger& e : all) {
    trouble |= e.unknown;
    for (const Ip& ip : e.ips) {
      any = true;
      if (contains(own, ip) && e.preference < limit) limit = e.preference;
    }
  }
  if (!any) return {trouble ? Reachable::dns_trouble : Reachable::no_address, {}};

  // Shuffled first; which of the same preference comes first is then chance.
  shuffle(all, random);
  std::sort(all.begin(), all.end(), [](const Exchanger& a, const Exchanger& b) { return a.preference < b.preference; });
  Choice c;
  for (const Exchanger& e : all)
    for (const Ip& ip : e.ips)
      if (e.preference < limit && !contains(c.candidates, ip) && c.candidates.size() < most_addresses)
        c.candidates.push_back({ip, e.preference});
  if (!c.candidates.empty()) return c;
  // One that is better than we are may have an address when it is asked for again.
  c.reason = Reachable::only_here;
  for (const Exchanger& e : all)
    if (e.unknown && e.preference < limit) c.reason = Reachable::dns_trouble;
  return c;
}

static std::optional<Ip> parse_literal(Str host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return Ip::parse(host);
  host = slice(host, 1, host.size() - 2);
  if (starts_nocase(host, "IPv6:")) host = slice(host, 5);
  return Ip::parse(host);
}

static HostLookup addresses_of(const Resolver& dns, Str host, Deadline limit) {
  HostLookup h;
  h.exchangers.emplace_back();
  h.outcome = dns.lookup_ips(host, h.exchangers[0].ips, limit);
  return h;
}

HostLookup look_up_relay(const Resolver& dns, Str relay) {
  if (auto ip = parse_literal(relay)) {
    HostLookup h;
    h.exchangers.emplace_back().ips.push_back(*ip);
    return h;
  }
  if (starts_nocase(relay, "IPv6:"))
    if (auto ip = Ip::parse(slice(relay, 5))) {
      HostLookup h;
      h.exchangers.emplace_back().ips.push_back(*ip);
      return h;
    }
  return addresses_of(dns, relay, Deadline::in(patience));
}

HostLookup look_up_host(const Resolver& dns, Str host) {
  Deadline limit = Deadline::in(patience);
  if (parse_literal(host)) return look_up_relay(dns, host);

  std::vector<MxRecord> records;
  DnsOutcome outcome = dns.lookup_mx(host, records, limit);
  if (outcome == DnsOutcome::temporary) return {outcome, false, {}};
  if (outcome != DnsOutcome::found) return addresses_of(dns, host, limit);

  HostLookup h;
  if (records.size() == 1 && records[0].target.view() == ".") {
    h.takes_no_mail = true;
    return h;
  }
  std::sort(records.begin(), records.end(),
            [](const MxRecord& a, const MxRecord& b) { return a.preference < b.preference; });
  for (const MxRecord& r : records) {
    if (h.exchangers.size() == most_exchangers) break;
    Exchanger& e = h.exchangers.emplace_back();
    e.preference = r.preference;
    e.unknown = dns.lookup_ips(r.target, e.ips, limit) == DnsOutcome::temporary;
  }
  return h;
}
