#include "remote/relay_route.h"
#include "check.h"

static Buf shown(Result<Relay> relay) {
  Buf out;
  if (!relay.ok()) {
    CHECK(relay.error().code == EPROTO);
    out.set("bad"sv);
    return out;
  }
  Relay r = relay.take();
  out.set(r.host);
  if (r.port) out.add(" "sv, Num(*r.port));
  return out;
}

static Buf shown(Result<RelayRoute> route) {
  Buf out;
  if (!route.ok()) {
    CHECK(route.error().code == EPROTO);
    out.set("bad"sv);
    return out;
  }
  RelayRoute r = route.take();
  out.set(r.relay);
  if (r.qmtp) out.add(" QMTP "sv, Num(*r.qmtp));
  if (r.smtp) out.add(" SMTP "sv, Num(*r.smtp));
  if (r.by_preference) out.add(" or by preference"sv);
  return out;
}

static std::optional<Table> table(Str lines) {
  Buf text;
  text.set(lines);
  return Table(Lines(std::move(text)), Table::Form::pairs);
}

int main() {
  CHECK_EQ(shown(parse_relay("")), "");
  CHECK_EQ(shown(parse_relay(":2525")), " 2525");
  CHECK_EQ(shown(parse_relay("relay")), "relay");
  CHECK_EQ(shown(parse_relay("relay:")), "relay");
  CHECK_EQ(shown(parse_relay("relay:26")), "relay 26");
  CHECK_EQ(shown(parse_relay("relay:65535")), "relay 65535");
  CHECK_EQ(shown(parse_relay("relay:587:user")), "relay 587");
  CHECK_EQ(shown(parse_relay("relay:587 user")), "relay 587");
  CHECK_EQ(shown(parse_relay("relay:x")), "relay");
  CHECK_EQ(shown(parse_relay("10.0.0.1:1")), "10.0.0.1 1");
  CHECK_EQ(shown(parse_relay("[10.0.0.1]")), "10.0.0.1");
  CHECK_EQ(shown(parse_relay("[10.0.0.1]:26")), "10.0.0.1 26");
  CHECK_EQ(shown(parse_relay("[2001:db8::1]:26")), "2001:db8::1 26");
  CHECK_EQ(shown(parse_relay("[IPv6:2001:db8::1]")), "IPv6:2001:db8::1");
  for (Str bad : {"relay:0", "relay:65536", "relay:99999999999999999999", "[10.0.0.1", "[10.0.0.1]26", ":0"})
    CHECK_EQ(shown(parse_relay(bad)), "bad");

  auto smtp = table(
      "Example.org:one\n.example.org:two:26\nempty.example.org:\n[192.0.2.1]:four\nq.test:five:209\n"
      "bad.test:x:0\nport.test::26\n:all\n");
  const Str mx = " SMTP 25 or by preference";
  auto route = [&](Str host) { return shown(find_relay(nullptr, &*smtp, host)); };
  CHECK_EQ(route("EXAMPLE.ORG"), "one SMTP 25");
  CHECK_EQ(route("a.b.example.org"), "two SMTP 26");
  CHECK_EQ(route("empty.example.org"), mx);
  CHECK_EQ(route("xexample.org"), "all SMTP 25");
  CHECK_EQ(route("[192.0.2.1]"), "four SMTP 25");
  CHECK_EQ(route("q.test"), "five QMTP 209");
  CHECK_EQ(route("port.test"), " SMTP 26");
  CHECK_EQ(route("bad.test"), "bad");
  CHECK_EQ(route(""), "all SMTP 25");
  CHECK_EQ(shown(find_relay(nullptr, nullptr, "example.org")), mx);

  auto qmtp = table("one.test:q1\ntwo.test:[192.0.2.2]:2090\nown.test::210\nq.test:\nsmtp.test:\nbad.test:q:99999\n");
  auto both = [&](Str host) { return shown(find_relay(&*qmtp, &*smtp, host)); };
  CHECK_EQ(both("one.test"), "q1 QMTP 209 SMTP 25");
  CHECK_EQ(both("two.test"), "192.0.2.2 QMTP 2090 SMTP 25");
  CHECK_EQ(both("own.test"), " QMTP 210 SMTP 25");
  CHECK_EQ(both("q.test"), "five QMTP 209");  // what smtproutes says
  CHECK_EQ(both("smtp.test"), "all SMTP 25");
  CHECK_EQ(both("bad.test"), "bad");
  CHECK_EQ(both("other.test"), "all SMTP 25");
  CHECK_EQ(shown(find_relay(&*qmtp, nullptr, "one.test")), "q1 QMTP 209 SMTP 25");
  CHECK_EQ(shown(find_relay(&*qmtp, nullptr, "other.test")), mx);
  CHECK_EQ(shown(find_relay(&*qmtp, nullptr, "smtp.test")), mx);
  return failures != 0;
}
