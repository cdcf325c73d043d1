#include "remote/relay_route.h"
#include "check.h"

static Buf shown(Result<RelayRoute> route) {
  Buf out;
  if (!route.ok()) {
    CHECK(route.error().code == EPROTO);
    out.set("bad"sv);
    return out;
  }
  RelayRoute r = route.take();
  out.set(r.relay, " "sv, Num(r.port));
  return out;
}

int main() {
  CHECK_EQ(shown(parse_relay("")), " 25");
  CHECK_EQ(shown(parse_relay(":2525")), " 2525");
  CHECK_EQ(shown(parse_relay("relay")), "relay 25");
  CHECK_EQ(shown(parse_relay("relay:")), "relay 25");
  CHECK_EQ(shown(parse_relay("relay:26")), "relay 26");
  CHECK_EQ(shown(parse_relay("relay:65535")), "relay 65535");
  CHECK_EQ(shown(parse_relay("relay:587:user")), "relay 587");
  CHECK_EQ(shown(parse_relay("relay:587 user")), "relay 587");
  CHECK_EQ(shown(parse_relay("relay:x")), "relay 25");
  CHECK_EQ(shown(parse_relay("10.0.0.1:1")), "10.0.0.1 1");
  CHECK_EQ(shown(parse_relay("[10.0.0.1]")), "10.0.0.1 25");
  CHECK_EQ(shown(parse_relay("[10.0.0.1]:26")), "10.0.0.1 26");
  CHECK_EQ(shown(parse_relay("[2001:db8::1]:26")), "2001:db8::1 26");
  CHECK_EQ(shown(parse_relay("[IPv6:2001:db8::1]")), "IPv6:2001:db8::1 25");
  for (Str bad : {"relay:0", "relay:65536", "relay:99999999999999999999", "[10.0.0.1", "[10.0.0.1]26", ":0"})
    CHECK_EQ(shown(parse_relay(bad)), "bad");

  Buf text;
  text.set("Example.org:one\n.example.org:two:26\nempty.example.org:\n[192.0.2.1]:four\n:all\n"sv);
  Table t(Lines(std::move(text)), Table::Form::pairs);
  CHECK_EQ(shown(find_relay(&t, "EXAMPLE.ORG")), "one 25");
  CHECK_EQ(shown(find_relay(&t, "a.b.example.org")), "two 26");
  CHECK_EQ(shown(find_relay(&t, "empty.example.org")), " 25");
  CHECK_EQ(shown(find_relay(&t, "xexample.org")), "all 25");
  CHECK_EQ(shown(find_relay(&t, "[192.0.2.1]")), "four 25");
  CHECK_EQ(shown(find_relay(&t, "")), "all 25");
  CHECK_EQ(shown(find_relay(nullptr, "example.org")), " 25");
  return failures != 0;
}
