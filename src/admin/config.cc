// config -- write the first control files of this host, with the name that the
// name servers know it by: me, defaultdomain and plusdomain; locals, with all
// names that its addresses have; rcpthosts, the same.
//
// Says on descriptor 1 what it does. Exits 100 when there is no such name, 111
// for temporary trouble; control/ is as it was then.
#include <algorithm>

#include "admin/first_controls.h"
#include "admin/search_list.h"
#include "dns/resolver.h"
#include "lib/die.h"
#include "lib/own_ip.h"
#include "mail/instance.h"

const char program[] = "config";

static Deadline patience() { return Deadline::in(10); }

// The name that name stands for in the end (CNAME).
static Buf canonical(const Resolver& dns, Buf name) {
  for (int links = 0; links < 8; ++links) {
    auto asked = DnsName::parse(name);
    std::vector<DnsRecord> found;
    if (!asked || dns.lookup({*asked, DnsType::cname}, found, patience()) != DnsOutcome::found) break;
    name.clear();
    found[0].name.append_to(name);
  }
  return name;
}

// Does any name server answer at all?
static bool has_dns(const Resolver& dns) {
  std::vector<DnsRecord> found;
  return dns.lookup({DnsName(), DnsType::soa}, found, patience()) != DnsOutcome::temporary;
}

struct Host {
  Buf name;
  std::vector<Ip> addresses;
};

static std::optional<Host> find_host(const Resolver& dns, Str hostname, DnsOutcome& outcome) {
  outcome = DnsOutcome::no_such_name;
  for (Buf& candidate : candidates(hostname, system_search_list())) {
    Host host{canonical(dns, std::move(candidate)), {}};
    DnsOutcome one = dns.lookup_ips(host.name, host.addresses, patience());
    Buf name;
    if (auto parsed = DnsName::parse(host.name)) parsed->append_to(name);  // in lower case
    host.name = std::move(name);
    if (one == DnsOutcome::found && can_be_host(host.name)) return host;
    if (one == DnsOutcome::temporary) outcome = one;
  }
  return {};
}

[[noreturn]] static void give_up(int code, Str what) {
  say(1, {"Sorry, I couldn't find your ", what, ".\nYou will have to set up control/me yourself.\n"});
  _exit(code);
}

// The addresses of the host and of this machine's interfaces, as sorted text.
static std::vector<Buf> all_addresses(const std::vector<Ip>& of_host) {
  std::vector<Ip> all = must(own_addresses(), {"list the addresses of this machine"});
  all.insert(all.end(), of_host.begin(), of_host.end());
  std::vector<Buf> texts;
  for (const Ip& ip : all) {
    bool link_local = ip.family == Ip::Family::v6 && ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80;
    if (ip.is_any() || link_local) continue;
    texts.emplace_back();
    ip.append_to(texts.back());
  }
  std::sort(texts.begin(), texts.end(), [](const Buf& a, const Buf& b) { return a.view() < b.view(); });
  auto same = [](const Buf& a, const Buf& b) { return a.view() == b.view(); };
  texts.erase(std::unique(texts.begin(), texts.end(), same), texts.end());
  return texts;
}

static void add_names_of(const Resolver& dns, Str address) {
  std::vector<Buf> names;
  auto ip = Ip::parse(address);
  if (!ip || dns.lookup_ptr(*ip, names, patience()) != DnsOutcome::found || !can_be_host(names[0])) {
    say(1, {address, ": PTR lookup failed. I assume this address has no DNS name.\n"});
    return;
  }
  say(1, {address, ": Adding ", names[0], " to control/locals...\n"});
  must(add_to_control("control/locals", names[0]), {"write control/locals"});
}

int main(int argc, char**) {
  if (argc != 1) die_usage("config");
  umask(022);
  Str root = instance_root();
  must(enter_root(), {"chdir to ", root});

  char hostname[256];
  if (gethostname(hostname, sizeof hostname - 1) == -1 || !*hostname) give_up(temporary, "hostname");
  say(1, {"Your hostname is ", Str(hostname), ".\n"});
  Resolver dns = Resolver::from_system();
  DnsOutcome outcome;
  auto host = find_host(dns, hostname, outcome);
  if (!host) {
    bool soft = outcome == DnsOutcome::temporary && has_dns(dns);
    say(2, {soft ? "soft error\n"sv : "hard error\n"sv});
    give_up(soft ? temporary : permanent, "host's canonical name in DNS");
  }

  say(1, {"Your host's fully qualified name in DNS is ", host->name, ".\n"});
  for (auto [file, value] : first_controls(host->name)) {
    say(1, {"Putting ", value, " into ", Str(file), "...\n"});
    must(write_control(file, value), {"write ", Str(file)});
  }

  say(1, {"Checking local IP addresses:\n"});
  must(write_control("control/locals", host->name), {"write control/locals"});
  for (const Buf& address : all_addresses(host->addresses)) add_names_of(dns, address);
  say(1, {"If there are any other domain names that point to you,\n"
          "you will have to add them to ",
          root,
          "/control/locals.\n"
          "You don't have to worry about aliases, i.e., domains with CNAME records.\n"});

  say(1, {"Copying ", root, "/control/locals to ", root, "/control/rcpthosts...\n"});
  must(copy_control("control/locals", "control/rcpthosts"), {"copy control/locals to control/rcpthosts"});
  say(1, {"Now qmail will refuse to accept SMTP messages except to those hosts.\n"
          "Make sure to change rcpthosts if you add hosts to locals or virtualdomains!\n"});
}
