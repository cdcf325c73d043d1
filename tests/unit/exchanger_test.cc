#include "remote/exchanger.h"
#include "check.h"

static uint32_t chance;
static uint32_t as_chosen(uint32_t n) { return chance % n; }

struct Given {
  uint16_t preference;
  Str ips;  // separated by spaces; ? for what could not be had
};

static HostLookup lookup(std::initializer_list<Given> all) {
  HostLookup h;
  for (const Given& g : all) {
    Exchanger& e = h.exchangers.emplace_back();
    e.preference = g.preference;
    for (Str rest = g.ips; !rest.empty();) {
      Str ip = take_until(rest, ' ');
      if (ip == "?")
        e.unknown = true;
      else
        e.ips.push_back(*Ip::parse(ip));
    }
  }
  return h;
}

static const std::vector<Ip> own = {*Ip::parse("10.0.0.1"), *Ip::parse("2001:db8::1")};

static Buf choose(HostLookup h, std::span<const Ip> ours = own) {
  Choice c = choose_addresses(std::move(h), ours, as_chosen);
  Buf out;
  static constexpr Str names[] = {"", "dns_trouble", "no_such_host", "no_address", "takes_no_mail", "only_here"};
  out.set(names[static_cast<size_t>(c.reason)]);
  for (const Candidate& one : c.candidates) {
    if (!out.empty()) out.push(' ');
    one.ip.append_to(out);
  }
  return out;
}

static HostLookup outcome(DnsOutcome o) {
  HostLookup h;
  h.outcome = o;
  return h;
}

int main() {
  CHECK_EQ(choose(outcome(DnsOutcome::temporary)), "dns_trouble");
  CHECK_EQ(choose(outcome(DnsOutcome::no_such_name)), "no_such_host");
  CHECK_EQ(choose(outcome(DnsOutcome::no_data)), "no_address");
  HostLookup null_mx;
  null_mx.takes_no_mail = true;
  CHECK_EQ(choose(std::move(null_mx)), "takes_no_mail");

  CHECK_EQ(choose(lookup({{20, "192.0.2.3"}, {10, "192.0.2.1 192.0.2.2"}, {30, "2001:db8::9"}})),
           "192.0.2.1 192.0.2.2 192.0.2.3 2001:db8::9");
  CHECK_EQ(choose(lookup({{10, "192.0.2.1"}, {20, "192.0.2.1 192.0.2.2"}})), "192.0.2.1 192.0.2.2");

  // Nothing at all, for good or for now; some are enough.
  CHECK_EQ(choose(lookup({{10, ""}, {20, ""}})), "no_address");
  CHECK_EQ(choose(lookup({})), "no_address");
  CHECK_EQ(choose(lookup({{10, ""}, {20, "?"}})), "dns_trouble");
  CHECK_EQ(choose(lookup({{10, "?"}, {20, "192.0.2.1"}})), "192.0.2.1");

  // Only what is better than our own.
  CHECK_EQ(choose(lookup({{10, "192.0.2.1"}, {20, "10.0.0.1"}, {30, "192.0.2.3"}})), "192.0.2.1");
  CHECK_EQ(choose(lookup({{10, "192.0.2.1"}, {20, "2001:db8::1"}, {20, "192.0.2.3"}})), "192.0.2.1");
  CHECK_EQ(choose(lookup({{10, "10.0.0.1"}, {20, "192.0.2.1"}})), "only_here");
  CHECK_EQ(choose(lookup({{10, "192.0.2.1 10.0.0.1"}, {20, "192.0.2.2"}})), "only_here");
  CHECK_EQ(choose(lookup({{0, "10.0.0.1"}})), "only_here");
  CHECK_EQ(choose(lookup({{5, "?"}, {10, "10.0.0.1"}})), "dns_trouble");  // a backup waits
  CHECK_EQ(choose(lookup({{5, ""}, {10, "10.0.0.1"}})), "only_here");
  CHECK_EQ(choose(lookup({{10, "10.0.0.1"}, {10, "?"}, {20, "?"}})), "only_here");
  CHECK_EQ(choose(lookup({{0, "10.0.0.1"}}), {}), "10.0.0.1");  // a relay may be here

  // Among ties chance decides, and each can be first; the order of preferences stays.
  bool first[3] = {};
  for (chance = 0; chance < 6; ++chance) {
    Buf got = choose(lookup({{5, "192.0.2.1"}, {5, "192.0.2.2"}, {5, "192.0.2.3"}, {9, "192.0.2.9"}}));
    CHECK(got.view().ends_with(" 192.0.2.9"));
    first[got.view()[8] - '1'] = true;
  }
  CHECK(first[0] && first[1] && first[2]);

  // Each keeps the preference of the first exchanger that has it.
  Choice c = choose_addresses(lookup({{12801, "192.0.2.1 192.0.2.2"}, {12802, "192.0.2.2 192.0.2.3"}}), own, as_chosen);
  CHECK(c.candidates.size() == 3 && c.candidates[1].preference == 12801 && c.candidates[2].preference == 12802);

  for (uint32_t p = 0; p < 65536; ++p) {
    bool assigned = false;
    for (uint32_t q = 12801; q <= 13041; q += 16) assigned |= p == q;
    CHECK(speaks_qmtp(static_cast<uint16_t>(p)) == assigned);
  }

  // Addresses in text need no name server; the resolver below has none to ask.
  Resolver nobody = Resolver::from_text("");
  for (Str literal : {"192.0.2.7", "[192.0.2.7]", "[IPv6:::ffff:192.0.2.7]"})
    CHECK_EQ(choose(look_up_host(nobody, literal)), "192.0.2.7");
  for (Str literal : {"[2001:db8::7]", "[ipv6:2001:db8::7]", "2001:db8::7"})
    CHECK_EQ(choose(look_up_host(nobody, literal)), "2001:db8::7");
  CHECK_EQ(choose(look_up_relay(nobody, "IPv6:2001:db8::7")), "2001:db8::7");
  return failures != 0;
}
