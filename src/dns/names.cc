#include "dns/names.h"

#include "dns/qualify.h"

const Hosts& Names::hosts() {
  if (!hosts_) hosts_.emplace(Hosts::from_system());
  return *hosts_;
}

const Resolver& Names::resolver() {
  if (!resolver_) resolver_.emplace(Resolver::from_system());
  return *resolver_;
}

DnsOutcome Names::find_name(const Ip& ip, Buf& name, Deadline limit) {
  if (auto known = hosts().name_of(ip)) {
    name = std::move(*known);
    return DnsOutcome::found;
  }
  std::vector<Buf> names;
  DnsOutcome outcome = resolver().lookup_ptr(ip, names, limit);
  if (outcome != DnsOutcome::found) return outcome;
  if (names[0].view() == ".") return DnsOutcome::no_data;
  name = std::move(names[0]);
  return outcome;
}

std::optional<Buf> Names::name_of(const Ip& ip, Deadline limit) {
  Buf name;
  if (find_name(ip, name, limit) != DnsOutcome::found) return {};
  return name;
}

DnsOutcome Names::ips_of(Str name, std::vector<Ip>& out, Deadline limit) {
  size_t before = out.size();
  hosts().ips_of(name, out);
  if (out.size() == before) {
    DnsOutcome v4 = resolver().lookup_ip4(name, out, limit);
    if (v4 == DnsOutcome::no_such_name) return v4;
    DnsOutcome v6 = resolver().lookup_ip6(name, out, limit);
    if (out.size() == before) return v4 == DnsOutcome::temporary ? v4 : v6;
  }
  std::vector<Ip> v6;
  size_t kept = before;
  for (size_t i = before; i < out.size(); ++i) {
    if (out[i].family == Ip::Family::v6)
      v6.push_back(out[i]);
    else
      out[kept++] = out[i];
  }
  for (const Ip& ip : v6) out[kept++] = ip;
  return DnsOutcome::found;
}

bool Names::is_ip_of(const Ip& ip, Str name, Deadline limit) {
  std::vector<Ip> ips;
  hosts().ips_of(name, ips);
  if (ips.empty()) {
    if (ip.family == Ip::Family::v4)
      (void)resolver().lookup_ip4(name, ips, limit);
    else
      (void)resolver().lookup_ip6(name, ips, limit);
  }
  for (const Ip& one : ips)
    if (one == ip) return true;
  return false;
}

DnsOutcome Names::ips_of_host(Str host, std::vector<Ip>& out, Deadline limit) {
  if (auto ip = Ip::parse(host)) {
    out.push_back(*ip);
    return DnsOutcome::found;
  }
  size_t before = out.size();
  hosts().ips_of(host, out);  // may know short names
  if (out.size() > before) return DnsOutcome::found;
  DnsOutcome outcome = DnsOutcome::no_such_name;
  for (const Buf& name : Qualification::from_system().names_for(host)) {
    outcome = ips_of(name, out, limit);
    if (outcome == DnsOutcome::found || outcome == DnsOutcome::temporary) return outcome;
  }
  return outcome;
}
