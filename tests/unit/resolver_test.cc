// What src/dns reads of the system: servers, /etc/hosts, rules for short names.
// With arguments it asks: TYPE NAME [SERVER ...], for tests/system/test_resolver.py.
#include <stdlib.h>

#include "check.h"
#include "dns/hosts.h"
#include "dns/qualify.h"
#include "dns/resolver.h"
#include "lib/io.h"

static Buf text_of(Str s) {
  Buf out;
  out.append(s);
  return out;
}

static Buf shown(const Endpoint& e) {
  Buf out;
  e.ip.append_to(out);
  out.add(" ", Num(e.port));
  return out;
}

static Buf servers(Str resolv_conf) {
  Resolver resolver = Resolver::from_text(resolv_conf);
  Buf out;
  for (const Endpoint& e : resolver.servers()) out.add(out.empty() ? "" : ", ", shown(e));
  return out;
}

static void name_servers() {
  CHECK_EQ(shown(*parse_server("1.2.3.4")), "1.2.3.4 53");
  CHECK_EQ(shown(*parse_server("1.2.3.4:5353")), "1.2.3.4 5353");
  CHECK_EQ(shown(*parse_server("::1")), "::1 53");
  CHECK_EQ(shown(*parse_server("[::1]")), "::1 53");
  CHECK_EQ(shown(*parse_server("[::1]:65535")), "::1 65535");
  for (Str bad : {""sv, "x"sv, "1.2.3"sv, "1.2.3.4:"sv, "1.2.3.4:0"sv, "1.2.3.4:65536"sv, "1.2.3.4:x"sv, "[::1"sv,
                  "[::1]5353"sv, "1.2.3.4 "sv})
    CHECK(!parse_server(bad));

  CHECK_EQ(servers(""), "127.0.0.1 53");
  CHECK_EQ(servers("nameserver\nnameserver x\nsearch a.b\n"), "127.0.0.1 53");
  CHECK_EQ(servers("# c\nnameserver 1.2.3.4\n\tnameserver\t::1 x\r\nsearch a\nnameserver 5.6.7.8"),
           "1.2.3.4 53, ::1 53, 5.6.7.8 53");
  CHECK_EQ(servers("nameserver 1.2.3.4\r\n"), "1.2.3.4 53");
  CHECK_EQ(servers("nameservers 1.2.3.4\n#nameserver 1.2.3.4\n"), "127.0.0.1 53");
  Buf many;
  for (int i = 0; i < 17; ++i) many.append("nameserver 1.2.3.4\n");
  CHECK(Resolver::from_text(many).servers().size() == 16);

  setenv("DNSCACHEIP", "[::1]:54", 1);
  CHECK(Resolver::from_system().servers().size() == 1);
  CHECK_EQ(shown(Resolver::from_system().servers()[0]), "::1 54");
}

// Without asking anybody.
static void literals() {
  Resolver resolver = Resolver::from_text("");
  std::vector<Ip> ips;
  CHECK(resolver.lookup_ip4("1.2.3.4", ips) == DnsOutcome::found);
  CHECK(resolver.lookup_ip4("[1.2.3.4]", ips) == DnsOutcome::found);
  CHECK(resolver.lookup_ip6("[::1]", ips) == DnsOutcome::found);
  CHECK(resolver.lookup_ips("::1", ips) == DnsOutcome::found);
  CHECK(ips.size() == 4);
  CHECK(resolver.lookup_ip4("::1", ips) == DnsOutcome::no_data);
  CHECK(resolver.lookup_ip4("a..b", ips) == DnsOutcome::no_such_name);
  std::vector<MxRecord> mx;
  CHECK(resolver.lookup_mx("x..y", mx) == DnsOutcome::no_such_name);
}

static void hosts() {
  Hosts h(
      text_of("# comment\n127.0.0.1\tLocalhost loop # other\n\n::1 localhost\n10.0.0.1 a.Example b c\r\n"
              "bad line\n10.0.0.1 second\n10.0.0.2\n10.0.0.2 x_y\n10.0.0.3 a.example"));
  CHECK_EQ(*h.name_of(*Ip::parse("127.0.0.1")), "localhost");
  CHECK_EQ(*h.name_of(*Ip::parse("::1")), "localhost");
  CHECK_EQ(*h.name_of(*Ip::parse("10.0.0.1")), "a.example");
  CHECK_EQ(*h.name_of(*Ip::parse("10.0.0.2")), "x_y");
  CHECK(!h.name_of(*Ip::parse("10.0.0.4")));
  for (auto [name, want] : {std::pair("LOCALHOST"sv, size_t{2}),
                            {"c"sv, 1},
                            {"loop"sv, 1},
                            {"a.example"sv, 2},
                            {"other"sv, 0},
                            {"#"sv, 0},
                            {""sv, 0},
                            {"line"sv, 0}}) {
    std::vector<Ip> ips;
    h.ips_of(name, ips);
    CHECK(ips.size() == want);
  }
}

static Buf names(const Qualification& q, Str name) {
  Buf out;
  for (const Buf& one : q.names_for(name)) out.add(out.empty() ? "" : " ", one);
  return out;
}

// The examples of https://cr.yp.to/djbdns/qualification.html.
static void qualification() {
  Qualification good(text_of("-.local:me.local\n=me.local:127.0.0.1\n*.a:.af.mil\n?:.heaven.af.mil  \n*.:\n"));
  CHECK_EQ(names(good, "x.local"), "127.0.0.1");
  CHECK_EQ(names(good, "lute.a"), "lute.af.mil");
  CHECK_EQ(names(good, "cheetah"), "cheetah.heaven.af.mil");
  CHECK_EQ(names(good, "cheetah."), "cheetah");
  CHECK_EQ(names(good, "a.example"), "a.example");
  CHECK_EQ(names(good, "[x"), "[x");
  CHECK_EQ(names(Qualification(text_of("?:+.af.mil+.army.mil\n")), "x"), "x.af.mil x.army.mil");
  CHECK_EQ(names(Qualification::from_domains(" a.example\tb.example\n"), "x"), "x.a.example x.b.example");
  CHECK_EQ(names(Qualification::from_domains(".a"), "x"), "x.a");
  CHECK_EQ(names(Qualification::from_domains(".a"), "x.y."), "x.y");
  CHECK_EQ(names(Qualification::from_domains(""), "x"), "x");
  Buf growing;
  for (int i = 0; i < 100; ++i) growing.append("*:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
  CHECK(names(Qualification(std::move(growing)), "x").size() < 1100);
}

static int ask(Str type, Str name, std::span<char*> servers) {
  std::vector<Endpoint> ends;
  for (char* server : servers) ends.push_back(*parse_server(server));
  Resolver resolver = ends.empty() ? Resolver::from_system() : Resolver(ends);
  Buf out;
  std::vector<Ip> ips;
  std::vector<MxRecord> exchangers;
  std::vector<Buf> texts;
  DnsOutcome outcome = DnsOutcome::temporary;
  if (type == "a") outcome = resolver.lookup_ip4(name, ips);
  if (type == "aaaa") outcome = resolver.lookup_ip6(name, ips);
  if (type == "ips") outcome = resolver.lookup_ips(name, ips);
  if (type == "mx") outcome = resolver.lookup_mx(name, exchangers);
  if (type == "ptr") outcome = resolver.lookup_ptr(*Ip::parse(name), texts);
  if (type == "txt") outcome = resolver.lookup_txt(name, texts);
  static constexpr Str outcomes[] = {"found", "no_such_name", "no_data", "temporary"};
  out.add(outcomes[static_cast<size_t>(outcome)], "\n");
  for (const Ip& ip : ips) {
    ip.append_to(out);
    out.push('\n');
  }
  for (const MxRecord& mx : exchangers) out.add(Num(mx.preference), " ", mx.target, "\n");
  for (const Buf& text : texts) out.add(text, "\n");
  return write_all(1, out).ok() ? 0 : temporary;
}

int main(int argc, char** argv) {
  if (argc > 2) return ask(argv[1], argv[2], {argv + 3, static_cast<size_t>(argc - 3)});
  name_servers();
  literals();
  hosts();
  qualification();
  return failures != 0;
}
