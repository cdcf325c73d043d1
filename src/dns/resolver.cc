#include "dns/resolver.h"

#include "dns/lookups.h"
#include "lib/env.h"

static constexpr uint16_t dns_port = 53;

std::optional<Endpoint> parse_server(Str text) { return parse_endpoint(text, dns_port); }

Resolver::Resolver(std::span<const Endpoint> servers) {
  for (const Endpoint& server : servers)
    if (count_ < most_servers) servers_[count_++] = server;
  if (count_ == 0) servers_[count_++] = {Ip::loopback(Ip::Family::v4), dns_port};
}

static Str take_word(Str& line) {
  while (!line.empty() && (is_blank(line[0]) || line[0] == '\r')) line = slice(line, 1);
  Str word = slice(line, 0, line.find_first_of(" \t\r"));
  line = slice(line, word.size());
  return word;
}

Resolver Resolver::from_text(Str text) {
  std::vector<Endpoint> servers;
  while (!text.empty()) {
    Str line = take_until(text, '\n');
    if (take_word(line) != "nameserver") continue;
    if (auto server = parse_server(take_word(line)); server && server->port == dns_port) servers.push_back(*server);
  }
  return Resolver(servers);
}

static std::optional<Endpoint> server_of_environment() {
  auto named = env("DNSCACHEIP");
  return named ? parse_server(*named) : std::nullopt;
}

uint16_t Resolver::port_of_system() {
  auto server = server_of_environment();
  return server ? server->port : dns_port;
}

Resolver Resolver::from_system() {
  if (auto server = server_of_environment()) return Resolver({&*server, 1});
  Buf text;
  constexpr size_t most = 65536;
  if (auto fd = open_read("/etc/resolv.conf"); fd.ok()) {
    Fd file = fd.take();
    if (auto r = read_all(file.get(), text, most); !r.ok()) text.clear();
  }
  return from_text(text);
}

DnsOutcome Resolver::lookup(const DnsQuestion& question, std::vector<DnsRecord>& out, Deadline limit) const {
  Lookups one(*this, limit);
  one.ask(question);
  return one.wait(0, out);
}

static DnsOutcome lookup_text(const Resolver& resolver, Str name, DnsType type, std::vector<DnsRecord>& out,
                              Deadline limit) {
  auto parsed = DnsName::parse(name);
  if (!parsed) return DnsOutcome::no_such_name;
  return resolver.lookup({*parsed, type}, out, limit);
}

static DnsOutcome lookup_family(const Resolver& resolver, Str name, Ip::Family family, std::vector<Ip>& out,
                                Deadline limit) {
  Str literal = name;
  if (literal.size() > 2 && literal[0] == '[' && literal.back() == ']') literal = slice(literal, 1, literal.size() - 2);
  if (auto ip = Ip::parse(literal)) {
    if (ip->family != family) return DnsOutcome::no_data;
    out.push_back(*ip);
    return DnsOutcome::found;
  }
  std::vector<DnsRecord> records;
  DnsOutcome outcome =
      lookup_text(resolver, name, family == Ip::Family::v4 ? DnsType::a : DnsType::aaaa, records, limit);
  for (const DnsRecord& r : records) out.push_back(r.ip);
  return outcome;
}

DnsOutcome Resolver::lookup_ip4(Str name, std::vector<Ip>& out, Deadline limit) const {
  return lookup_family(*this, name, Ip::Family::v4, out, limit);
}

DnsOutcome Resolver::lookup_ip6(Str name, std::vector<Ip>& out, Deadline limit) const {
  return lookup_family(*this, name, Ip::Family::v6, out, limit);
}

DnsOutcome Resolver::lookup_ips(Str name, std::vector<Ip>& out, Deadline limit) const {
  // There are servers that say of a name with IPv4 addresses alone that it has no
  // IPv6 addresses as if it did not exist (RFC 4074 section 4.2): only v4 tells.
  DnsOutcome v6 = lookup_ip6(name, out, limit);
  DnsOutcome v4 = lookup_ip4(name, out, limit);
  if (v6 == DnsOutcome::found || v4 == DnsOutcome::found) return DnsOutcome::found;
  if (v6 == DnsOutcome::temporary) return v6;
  return v4;
}

DnsOutcome Resolver::lookup_mx(Str name, std::vector<MxRecord>& out, Deadline limit) const {
  std::vector<DnsRecord> records;
  DnsOutcome outcome = lookup_text(*this, name, DnsType::mx, records, limit);
  for (const DnsRecord& r : records) {
    MxRecord mx{r.preference, {}};
    r.name.append_to(mx.target);
    out.push_back(std::move(mx));
  }
  return outcome;
}

DnsOutcome Resolver::lookup_ptr(const Ip& ip, std::vector<Buf>& out, Deadline limit) const {
  std::vector<DnsRecord> records;
  DnsOutcome outcome = lookup({DnsName::reverse(ip), DnsType::ptr}, records, limit);
  for (const DnsRecord& r : records) {
    Buf name;
    r.name.append_to(name);
    out.push_back(std::move(name));
  }
  return outcome;
}

DnsOutcome Resolver::lookup_txt(Str name, std::vector<Buf>& out, Deadline limit) const {
  std::vector<DnsRecord> records;
  DnsOutcome outcome = lookup_text(*this, name, DnsType::txt, records, limit);
  for (DnsRecord& r : records) out.push_back(std::move(r.data));
  return outcome;
}
