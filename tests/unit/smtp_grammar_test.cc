#include "smtp/grammar.h"

#include "check.h"
#include "mail/address.h"
#include "remote/smtp_session.h"
#include "smtp/received.h"
#include "smtp/reply.h"

// "address|parameters", "!syntax" or "!long".
static Buf path(Str argument, Str keyword = "FROM") {
  Buf address, out;
  Str parameters;
  switch (parse_path(argument, keyword, address, parameters)) {
    case PathError::none: out.set(address, "|", parameters); break;
    case PathError::syntax: out.set("!syntax"); break;
    case PathError::too_long: out.set("!long"); break;
  }
  return out;
}

static Buf parameters(Str text) {
  Buf out;
  MailParameters p;
  switch (parse_mail_parameters(text, p)) {
    case ParameterError::syntax: out.set("!syntax"); return out;
    case ParameterError::unknown: out.set("!unknown"); return out;
    case ParameterError::none: break;
  }
  if (p.size) out.add("size ", Num(*p.size), ";");
  if (p.body == MailParameters::Body::seven_bit) out.add("7;");
  if (p.body == MailParameters::Body::eight_bit) out.add("8;");
  return out;
}

static Buf literal(Str address) {
  Buf out;
  if (auto ip = literal_host(address)) ip->append_to(out);
  return out;
}

static Buf received(const Origin& origin, std::optional<Str> helo, Str protocol = "SMTP") {
  Buf out;
  append_received(out, origin, helo, protocol, 1795228397);
  return out;
}

static Buf queue_reply(Str text) {
  Buf out;
  reply::append_queue_reply(out, text);
  return out;
}

static void test_path() {
  CHECK_EQ(path("FROM:<a@b.test>"), "a@b.test|");
  CHECK_EQ(path("from: <a@b.test> SIZE=1"), "a@b.test| SIZE=1");
  CHECK_EQ(path("TO:<a@b.test>", "TO"), "a@b.test|");
  CHECK_EQ(path("FROM:<>"), "|");
  CHECK_EQ(path("FROM:<>BODY=7BIT"), "!syntax");
  CHECK_EQ(path("FROM:<> BODY=7BIT"), "| BODY=7BIT");
  CHECK_EQ(path("FROM:<Postmaster>"), "Postmaster|");
  CHECK_EQ(path("FROM:<\"a b\"@c>"), "a b@c|");
  CHECK_EQ(path("FROM:<a\"b c\"@x.test>"), "ab c@x.test|");
  CHECK_EQ(path("FROM:<\"a>b\"@c>"), "a>b@c|");
  CHECK_EQ(path("FROM:<a\\>b@c>"), "a>b@c|");
  CHECK_EQ(path("FROM:<\"a\\\"b\"@c>"), "a\"b@c|");
  CHECK_EQ(path("FROM:<\"a\\\\\"@c>"), "a\\@c|");
  CHECK_EQ(path("FROM:<\"a@b\"@c>"), "a@b@c|");
  CHECK_EQ(path("FROM:<@relay:joe@local.test>"), "joe@local.test|");
  CHECK_EQ(path("FROM:<@a.test,@b.test:joe@c>"), "joe@c|");
  CHECK_EQ(path("FROM:<@a.test:\"x:y\"@c>"), "x:y@c|");
  CHECK_EQ(path("FROM:<a:b@c>"), "a:b@c|");
  CHECK_EQ(path("FROM:<user@[1.2.3.4]>"), "user@[1.2.3.4]|");
  CHECK_EQ(path("FROM:<\xc3\xa4@b>"), "\xc3\xa4@b|");
  CHECK_EQ(path("FROM:<a@b> > x"), "a@b| > x");

  for (Str bad : {""sv,
                  "FROM"sv,
                  "FROM:"sv,
                  "FROM: "sv,
                  "<a@b>"sv,
                  "FROM<a@b>"sv,
                  "FROM a@b"sv,
                  "FROM:a@b"sv,
                  "FROM: a@b"sv,
                  "FROM :<a@b>"sv,
                  "FROM:\t<a@b>"sv,
                  "TO:<a@b>"sv,
                  "FROMM:<a@b>"sv,
                  "FROM:<"sv,
                  "FROM:<a@b"sv,
                  "FROM:<\"a@b>"sv,
                  "FROM:<a\\"sv,
                  "FROM:<a\\>"sv,
                  "FROM:<@a>"sv,
                  "FROM:<@a> x:y"sv,
                  "FROM:<a\tb@c>"sv,
                  "FROM:<\"a\x01\"@c>"sv,
                  "FROM:<a\\\x7f@c>"sv,
                  "FROM:<@"sv,
                  "FROM:a<b@c>"sv})
    CHECK_EQ(path(bad), "!syntax");

  for (size_t n : {longest_path - 1, longest_path, longest_path + 1, longest_path + 1000}) {
    Buf address, argument;
    while (address.size() < n - 7) address.push('a');
    address.append("@b.test");
    argument.set("FROM:<", address, "> SIZE=1");
    address.append("| SIZE=1");
    CHECK_EQ(path(argument), n <= longest_path ? address.view() : "!long"sv);
  }
}

static void test_parameters() {
  CHECK_EQ(parameters(""), "");
  CHECK_EQ(parameters("  "), "");
  CHECK_EQ(parameters(" SIZE=0"), "size 0;");
  CHECK_EQ(parameters(" body=8BitMime size=123 "), "size 123;8;");
  CHECK_EQ(parameters("BODY=7bit"), "7;");
  CHECK_EQ(parameters(" SIZE=18446744073709551615"), "size 18446744073709551615;");
  CHECK_EQ(parameters(" SIZE=18446744073709551616"), "size 18446744073709551615;");
  CHECK_EQ(parameters(" SIZE=99999999999999999999"), "size 18446744073709551615;");
  for (Str bad : {"SIZE", "SIZE=", "SIZE=-1", "SIZE=1x", "SIZE=000000000000000000001", "SIZE=1 SIZE=1", "BODY",
                  "BODY=", "BODY=BINARYMIME", "BODY=7BIT BODY=7BIT"})
    CHECK_EQ(parameters(bad), "!syntax");
  for (Str bad : {"RET=HDRS", "SMTPUTF8", "x", "=", "SIZE=1 AUTH=<>", ">"}) CHECK_EQ(parameters(bad), "!unknown");
  CHECK(parse_rcpt_parameters("  ") == ParameterError::none);
  CHECK(parse_rcpt_parameters(" NOTIFY=NEVER") == ParameterError::unknown);
}

static void test_literal() {
  CHECK_EQ(literal("a@[1.2.3.4]"), "1.2.3.4");
  CHECK_EQ(literal("a@[ipv6:::1]"), "::1");
  CHECK_EQ(literal("a@[IPv6:::ffff:1.2.3.4]"), "1.2.3.4");
  for (Str none : {"a", "a@b", "a@[]", "a@[1.2.3.4", "a@1.2.3.4]", "a@[1.2.3]", "a@[::1]", "a@[IPv6:1.2.3.4]",
                   "a@[1.2.3.4]x", "[1.2.3.4]", "a@[", "a@"})
    CHECK_EQ(literal(none), "");
}

static void test_received() {
  Origin unknown;
  CHECK_EQ(received(unknown, {}),
           "Received: from unknown (unknown)\n  by unknown with SMTP; 21 Nov 2026 02:33:17 -0000\n");
  Origin o{"cli.test", "192.0.2.9", "joe", "mx.lh"};
  CHECK_EQ(received(o, "foo bar\tbaz"),
           "Received: from cli.test (HELO foo?bar?baz) (joe@192.0.2.9)\n"
           "  by mx.lh with SMTP; 21 Nov 2026 02:33:17 -0000\n");
  CHECK_EQ(received(o, "CLI.test", "QMTP"),
           "Received: from cli.test (joe@192.0.2.9)\n  by mx.lh with QMTP; 21 Nov 2026 02:33:17 -0000\n");
  Origin hostile{"a\nb:[c]", "::1", "(x)\r\n\"", "l@%+/=:-."};
  CHECK_EQ(received(hostile, "\xff;"),
           "Received: from a?b:[c] (HELO \?\?) (?x????@::1)\n"
           "  by l@%+/=:-. with SMTP; 21 Nov 2026 02:33:17 -0000\n");
  Buf longer;
  while (longer.size() < 4096) longer.push('h');
  CHECK(received(o, longer).size() < 500);
}

static void test_queue_reply() {
  CHECK_EQ(queue_reply("Dmail server permanently rejected message (#5.3.0)"),
           "554 5.3.0 mail server permanently rejected message (#5.3.0)");
  CHECK_EQ(queue_reply("Denvelope address too long for qq (#5.1.3)"),
           "554 5.1.3 envelope address too long for qq (#5.1.3)");
  CHECK_EQ(queue_reply("Zconnection to mail server timed out (#4.4.1)"),
           "451 4.4.1 connection to mail server timed out (#4.4.1)");
  CHECK_EQ(queue_reply("Dvirus"), "554 5.3.0 virus");
  CHECK_EQ(queue_reply("Zx (#5.1.1)"), "451 4.3.0 x (#5.1.1)");
  for (Str odd : {"Dx (#5.1", "Dx (#5..1)", "Dx (#5.1.)", "Dx (#5.1.1.1)", "Dx (#5.1.a)", "Dx (#5.1.1111)", "Dx (#)"}) {
    Buf want;
    want.set("554 5.3.0 ", slice(odd, 1));
    CHECK_EQ(queue_reply(odd), want);
  }
  CHECK_EQ(queue_reply("Dtwo\r\n250 lines"), "554 5.3.0 two??250 lines");
}

// What qmail-remote writes is read as the same address: all short ones of odd bytes.
static void test_what_is_sent() {
  constexpr Str odd = "a.@\"\\ <>:,\xe9\n";
  constexpr size_t longest = 5;
  Buf address, line, want;
  size_t sent = 0;
  for (size_t n = 0, last = 1; n <= longest; ++n, last *= odd.size())
    for (size_t i = 0; i < last; ++i) {
      address.clear();
      for (size_t k = 0, digits = i; k < n; ++k, digits /= odd.size()) address.push(odd[digits % odd.size()]);
      if (!fits_into_command(address)) continue;
      ++sent;
      line.set("FROM:<"sv);
      append_quoted(line, address);
      line.append("> SIZE=1");
      want.set(address.view(), "| SIZE=1"sv);
      if (path(line).view() != want.view()) CHECK_EQ(path(line), want);
    }
  CHECK(sent > 10000);
}

int main() {
  test_what_is_sent();
  test_path();
  test_parameters();
  test_literal();
  test_received();
  test_queue_reply();
  return failures != 0;
}
