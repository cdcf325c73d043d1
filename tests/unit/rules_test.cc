#include "tcp/rules.h"
#include <stdlib.h>

#include "check.h"
#include "tcp/rule_line.h"

// What a line is taken for: its keys, each in <>, and its data with | for NUL.
static Buf parsed(Str line) {
  RuleLine rule;
  Str why;
  Buf out;
  switch (parse_rule_line(line, rule, why)) {
    case LineKind::nothing: return std::move(out.set("nothing"));
    case LineKind::no_colon: return std::move(out.set("no colon"));
    case LineKind::bad: return std::move(out.set("bad: ", why));
    case LineKind::rule: break;
  }
  for (const Buf& key : rule.keys) out.add("<", key, ">");
  for (char c : rule.data.view()) out.push(c == '\0' ? '|' : c);
  return out;
}

static void instructions() {
  CHECK_EQ(parsed("a:allow"), "<a>");
  CHECK_EQ(parsed("a:deny"), "<a>D|");
  CHECK_EQ(parsed("a:allow \t "), "<a>");
  CHECK_EQ(parsed(":allow"), "<>");
  CHECK_EQ(parsed("a:allow,X=\"1\",Y=,=,,Z=xx"), "<a>+X=1|+Y==|+Z=|");
  CHECK_EQ(parsed("a:deny,X=\"1\""), "<a>D|+X=1|");
  CHECK_EQ(parsed("a:allow,=\"1\""), "<a>+=1|");
  CHECK_EQ(parsed(" a:allow"), "< a>");
  CHECK_EQ(parsed(""), "nothing");
  CHECK_EQ(parsed("  "), "nothing");
  CHECK_EQ(parsed("#a:x"), "nothing");
  CHECK_EQ(parsed("deny"), "no colon");
  for (Str bad : {"a:"sv, "a: allow"sv, "a:Allow"sv, "a:den"sv, "::1:allow"sv, "2001:db8::1:allow"sv})
    CHECK_EQ(parsed(bad), "bad: neither allow nor deny");
  for (Str bad : {"a:allowed"sv, "a:allow,"sv, "a:allow,X"sv, "a:allow,X="sv, "a:allow,X=\"1"sv, "a:allow,X=\"1\"z"sv,
                  "a:allow,X=\"1\","sv, "a:allow,X=\"1\" ,Y=\"2\""sv, "a:deny\r"sv})
    CHECK_EQ(parsed(bad), "bad: variables are ,NAME=\"VALUE\"");
  CHECK_EQ(parsed("a:allow,X=\"1\0D\""sv), "bad: a NUL");
  CHECK_EQ(parsed("a\0:allow"sv), "bad: a NUL");
}

static void ranges() {
  CHECK_EQ(parsed("1.2.3.4-6:allow"), "<1.2.3.4><1.2.3.5><1.2.3.6>");
  CHECK_EQ(parsed("10.2-3.:deny"), "<10.2.><10.3.>D|");
  CHECK_EQ(parsed("9-10:allow"), "<9><10>");
  CHECK_EQ(parsed("1.02-3.4:allow"), "<1.2.4><1.3.4>");
  CHECK_EQ(parsed("1.254-999.:allow"), "<1.254.><1.255.>");
  CHECK_EQ(parsed("1.255-255.:allow"), "<1.255.>");
  CHECK_EQ(parsed("1.255-99999999999999999999999.:allow"), "<1.255.>");
  CHECK_EQ(parsed("1.-1.:allow"), "<1.0.><1.1.>");
  CHECK_EQ(parsed("1.5-4.:allow"), "");
  CHECK_EQ(parsed("1.256-300.:allow"), "");
  CHECK_EQ(parsed("1.3-.:allow"), "");
  CHECK_EQ(parsed("1.2-3.4-5:allow"), "<1.2.4-5><1.3.4-5>");
  CHECK_EQ(parsed("10.1-2.0.0/16:allow"), "<10.1.0.0/16><10.2.0.0/16>");
  CHECK_EQ(parsed("=a-1-3.b:allow"), "<=a-1-3.b>");
  CHECK_EQ(parsed("a-b@1.2.3.4-5:allow"), "<a-b@1.2.3.4-5>");
  for (Str bad : {"a-b:allow"sv, "1.2.a-4:allow"sv, "1.2.3-x:allow"sv, "1.2.3 -4:allow"sv, "a.example-1:allow"sv})
    CHECK_EQ(parsed(bad), "bad: a range needs numbers on both sides");
}

static void networks() {
  CHECK_EQ(parsed("10.1.0.0/23:allow"), "<10.1.0.0/23>");
  CHECK_EQ(parsed("0.0.0.0/0:allow"), "<0.0.0.0/0>");
  CHECK_EQ(parsed("1.2.3.4/32:allow"), "<1.2.3.4/32>");
  CHECK_EQ(parsed("[2001:DB8:0::1]:allow"), "<[2001:db8::1]>");
  CHECK_EQ(parsed("[2001:db8::/32]:deny"), "<[2001:db8::/32]>D|");
  CHECK_EQ(parsed("[2001:db8::]/32:deny"), "<[2001:db8::/32]>D|");
  CHECK_EQ(parsed("[::/0]:allow"), "<[::/0]>");
  CHECK_EQ(parsed("[::1/128]:allow"), "<[::1/128]>");
  CHECK_EQ(parsed("joe@[2001:DB8::1]:allow,X=\":\""), "<joe@[2001:db8::1]>+X=:|");
  CHECK_EQ(parsed("joe@=a/b:allow"), "<joe@=a/b>");
  for (Str bad : {"10.1.0/16:allow"sv, "x/8:allow"sv, "10.1.0.0.0/8:allow"sv, "/8:allow"sv})
    CHECK_EQ(parsed(bad), "bad: no IPv4 address");
  for (Str bad : {"[1.2.3.4]:allow"sv, "[]:allow"sv, "[::1]x:allow"sv, "[::1] :allow"sv, "[::ffff:1.2.3.4]:allow"sv,
                  "[fe80::1%lo]:allow"sv, "joe@[x]:allow"sv})
    CHECK_EQ(parsed(bad), "bad: no IPv6 address");
  for (Str bad : {"10.0.0.0/33:allow"sv, "10.0.0.0/:allow"sv, "10.0.0.0/x:allow"sv, "10.0.0.0/8/8:allow"sv,
                  "[::/129]:allow"sv, "[::/64]/64:allow"sv})
    CHECK_EQ(parsed(bad), "bad: no such length of a network");
  for (Str bad : {"10.0.0.1/31:allow"sv, "10.1.1.0/23:allow"sv, "[2001:db8::1/32]:allow"sv, "1.0.0.0/0:allow"sv})
    CHECK_EQ(parsed(bad), "bad: the address has bits behind the network's length");
  CHECK_EQ(parsed("joe@[::/0]:allow"), "bad: a name needs one address, not a network");
  for (Str bad : {"[::1"sv, "[::1]"sv, "[::1:allow"sv}) CHECK_EQ(parsed(bad), "bad: no ] or no colon behind it");
}

// The key that decides for a client, among keys given with spaces between.
static Buf decider(Str keys, Str ip, std::optional<Str> host = {}, std::optional<Str> info = {}) {
  auto made = CdbMaker::create("rules.tmp");
  CdbMaker maker = made.take();
  while (!keys.empty()) {
    Str key = take_until(keys, ' ');
    CHECK(maker.add(key == "EMPTY" ? ""sv : key, key).ok());
  }
  CHECK(maker.write().ok() && maker.publish("rules.cdb").ok());
  auto opened = Cdb::open("rules.cdb");
  Cdb db = opened.take();
  auto found = find_rule(db, {ip, host, info});
  Buf out;
  CHECK(found.ok());
  if (!found.ok()) return out;
  auto rule = found.take();
  if (!rule) return std::move(out.set("none"));
  CHECK_EQ(rule->data, rule->key.empty() ? "EMPTY"sv : rule->key.view());
  return std::move(rule->key);
}

// Each key of the order of tcprules(1) decides when all before it are missing.
static void order() {
  static constexpr Str v4[] = {"joe@1.2.3.4", "joe@=a.b.c", "1.2.3.4",    "=a.b.c",     "1.2.3.4/32",
                               "1.2.3.4/31",  "1.2.3.",     "1.2.3.0/24", "1.2.2.0/23", "1.2.",
                               "1.2.0.0/16",  "1.2.0.0/15", "1.",         "1.0.0.0/8",  "0.0.0.0/7",
                               "0.0.0.0/0",   "=.b.c",      "=.c",        "="};
  for (size_t first = 0; first < std::size(v4); ++first) {
    Buf keys;
    keys.append("EMPTY 1.2.3.40 1.2.30. 1.3.0.0/16 =b.c =x.b.c joe joe@ @1.2.3.4 [::/0]");
    for (size_t i = std::size(v4); i > first; --i) keys.add(" ", v4[i - 1]);
    CHECK_EQ(decider(keys, "1.2.3.4", "a.b.c", "joe"), v4[first]);
  }
  static constexpr Str v6[] = {"joe@[2001:db8::1]", "joe@=a.b.c",       "[2001:db8::1]",   "=a.b.c",
                               "[2001:db8::1/128]", "[2001:db8::/127]", "[2001:db8::/64]", "[2001:db8::/32]",
                               "[2001:db8::/29]",   "[2000::/3]",       "[::/0]",          "=.b.c"};
  for (size_t first = 0; first < std::size(v6); ++first) {
    Buf keys;
    keys.append("EMPTY 2001:db8::1 2001: 0.0.0.0/0 [2001:db9::/32] [3000::/4]");
    for (size_t i = std::size(v6); i > first; --i) keys.add(" ", v6[i - 1]);
    CHECK_EQ(decider(keys, "2001:DB8::0:1", "a.b.c", "joe"), v6[first]);
  }
  CHECK_EQ(decider("EMPTY 1.2.3.5", "1.2.3.4"), "");
  CHECK_EQ(decider("1.2.3.5", "1.2.3.4"), "none");
  CHECK_EQ(decider("=", "1.2.3.4"), "none");
  CHECK_EQ(decider("=", "1.2.3.4", ""), "=");
  CHECK_EQ(decider("@1.2.3.4", "1.2.3.4"), "none");
  CHECK_EQ(decider("@1.2.3.4", "1.2.3.4", {}, ""), "@1.2.3.4");
  CHECK_EQ(decider("=a 1.2", "1.2.3.4", "b.a"), "none");
  CHECK_EQ(decider("10.1.2.0/23", "10.1.3.255"), "10.1.2.0/23");
  CHECK_EQ(decider("10.1.2.0/23", "10.1.4.0"), "none");
  CHECK_EQ(decider("0.0.0.0/0", "::1"), "none");
  CHECK_EQ(decider("1.2.", "1.2.x"), "1.2.");  // tcprulescheck may be asked anything
}

static void damaged() {
  // A table's position behind the end of the file.
  Buf bad;
  for (size_t i = 0; i < 2048; ++i) bad.push(i % 8 == 0 ? '\xff' : '\x08');
  Fd fd = must(open_truncate("bad.cdb", 0644), {"create bad.cdb"});
  CHECK(write(fd.get(), bad.c_str(), bad.size()) == 2048);
  auto opened = Cdb::open("bad.cdb");
  if (opened.ok()) {
    Cdb db = opened.take();
    auto found = find_rule(db, {"1.2.3.4", {}, {}});
    CHECK(!found.ok() && found.error().code == EPROTO);
  }
}

static void data() {
  Str s = "D\0+A=b=c\0x\0+novalue\0+=v\0+Z=\0+last=1"sv;
  auto next = take_instruction(s);
  CHECK(next && next->kind == Instruction::Kind::deny);
  for (auto [variable, value] : {std::pair("A"sv, "b=c"sv), {""sv, "v"sv}, {"Z"sv, ""sv}, {"last"sv, "1"sv}}) {
    next = take_instruction(s);
    CHECK(next && next->kind == Instruction::Kind::set);
    CHECK_EQ(next->variable, variable);
    CHECK_EQ(next->value, value);
  }
  CHECK(!take_instruction(s));
}

int main() {
  char dir[] = "/tmp/rules_test.XXXXXX";
  if (!mkdtemp(dir) || chdir(dir) == -1) die_unable(temporary, {"make ", dir}, Err::last());
  instructions();
  ranges();
  networks();
  order();
  damaged();
  data();
  for (const char* name : {"rules.cdb", "bad.cdb"}) unlink(name);
  rmdir(dir);
  return failures != 0;
}
