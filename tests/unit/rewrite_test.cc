#include "mail/rewrite.h"

#include "check.h"

static AddressRules rules_for(Str host) { return AddressRules::make(host, "dd.test", "pd.test").take(); }

// The only address of a text, completed, as an envelope has it.
static Buf complete(Str text, Str host = "dh") {
  AddressRules rules = rules_for(host);
  auto tokens = Tokens::scan(text);
  auto list = parse_address_list(tokens->all());
  Buf out;
  if (!list || list->addresses.size() != 1) return std::move(out.set("not one"));
  auto found = list->address(list->addresses[0]);
  std::vector<Token> address(found.begin(), found.end());
  rules.complete(address);
  append_plain(out, address);
  return out;
}

int main() {
  CHECK_EQ(complete("<>"), "");
  CHECK_EQ(complete("<x@[]>"), "x@[]");
  CHECK_EQ(complete("<#@[]>"), "#@[]");
  CHECK_EQ(complete("<@a,@b:x@h>"), "x@h.dd.test");
  CHECK_EQ(complete("<@a,@b:x>"), "x@dh.dd.test");
  CHECK_EQ(complete("<@a:@b:x@h>"), "@b:x@h.dd.test");
  CHECK_EQ(complete("<@a:>"), "");
  CHECK_EQ(complete("x@h."), "x@h.dd.test");
  CHECK_EQ(complete("x@h.example."), "x@h.example");
  CHECK_EQ(complete("x@"), "x@dh.dd.test");
  CHECK_EQ(complete("x@."), "x@dh.dd.test");
  CHECK_EQ(complete("x"), "x@dh.dd.test");
  CHECK_EQ(complete("x."), "x@dh.dd.test");
  CHECK_EQ(complete("x.y"), "x.y@dh.dd.test");
  CHECK_EQ(complete("x@h+"), "x@h.pd.test");
  CHECK_EQ(complete("x@a.h+"), "x@a.h.pd.test");
  CHECK_EQ(complete("x@+"), "x@pd.test");
  CHECK_EQ(complete("x+"), "x+@dh.dd.test");
  CHECK_EQ(complete("x@h"), "x@h.dd.test");
  CHECK_EQ(complete("x@h.y"), "x@h.y");
  CHECK_EQ(complete("x@[1.2.3.4]"), "x@[1.2.3.4]");
  CHECK_EQ(complete("\"x y\"@h"), "x y@h.dd.test");
  CHECK_EQ(complete("a@b@h"), "a@b@h.dd.test");
  CHECK_EQ(complete("a.b@c@h"), "a.b@c@h.dd.test");  // the host is behind the last @

  CHECK_EQ(complete("x", "a.b"), "x@a.b");
  CHECK_EQ(complete("x", "a+"), "x@a.pd.test");
  CHECK_EQ(complete("x", "[1.2.3.4]"), "x@[1.2.3.4]");
  for (Str odd : {"", ".", "@", "+", "a@", ",", ":"}) complete("x", odd);
  for (Str text : {".", "@", "@a", "<@a>", "<@>", "<.>", "<@:>", "<@,>", "\"\"", "[]", "@[]"}) complete(text);
  CHECK(!AddressRules::make("\"", "d", "p").ok());
  CHECK(!AddressRules::make("h", "(", "p").ok());
  CHECK(!AddressRules::make("h", "d", "]").ok());
  return failures != 0;
}
