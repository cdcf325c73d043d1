#include "check.h"
#include "pop/credentials.h"
#include "pop/hash_kind.h"
#include "pop/message_text.h"
#include "pop/virtual_user.h"

// What MessageText makes of a text that comes in pieces of n bytes.
static Buf sent;
static ssize_t keep(int, const char* bytes, size_t n, const void*) {
  sent.append(Str(bytes, n));
  return static_cast<ssize_t>(n);
}
static Str as_pop3(Str text, size_t n, std::optional<uint64_t> lines) {
  static char space[7];
  Writer out(-1, space, keep);
  MessageText message(out, lines);
  sent.clear();
  for (; !text.empty(); text = slice(text, n)) {
    auto more = message.put(slice(text, 0, n));
    CHECK(more.ok());
    if (!more.take()) break;
  }
  CHECK(message.end().ok() && out.flush().ok());
  return sent;
}

static void test_text() {
  constexpr Str mail = "A: b\n.c\n\n.\n..\nd\n\ne";
  for (size_t n = 1; n <= mail.size(); ++n) {
    CHECK_EQ(as_pop3(mail, n, {}), "A: b\r\n..c\r\n\r\n..\r\n...\r\nd\r\n\r\ne\r\n\r\n.\r\n");
    CHECK_EQ(as_pop3(mail, n, 0), "A: b\r\n..c\r\n\r\n\r\n.\r\n");
    CHECK_EQ(as_pop3(mail, n, 1), "A: b\r\n..c\r\n\r\n..\r\n\r\n.\r\n");
    CHECK_EQ(as_pop3(mail, n, 5), "A: b\r\n..c\r\n\r\n..\r\n...\r\nd\r\n\r\ne\r\n\r\n.\r\n");
    CHECK_EQ(as_pop3(mail, n, UINT64_MAX), as_pop3(mail, 1, {}));
  }
  CHECK_EQ(as_pop3("", 1, {}), "\r\n.\r\n");
  CHECK_EQ(as_pop3("no header's end\nat all\n", 3, 0), "no header's end\r\nat all\r\n\r\n.\r\n");
  CHECK_EQ(as_pop3("\n\nx\n", 2, 1), "\r\n\r\n\r\n.\r\n");
  CHECK_EQ(as_pop3("a\r\n\0b\n"sv, 1, {}), "a\r\r\n\0b\r\n\r\n.\r\n"sv);
}

static Str fields_of(Str said) {
  static Buf out;
  auto r = parse_credentials(said);
  if (!r.ok()) return r.error().code == EPROTO ? "bad" : "?";
  auto c = r.take();
  out.set(c.login.view(), "|"sv, c.password.view());
  return out;
}

static void test_credentials() {
  CHECK_EQ(fields_of("joe\0secret word\0<1.2@h>\0"sv), "joe|secret word");
  CHECK_EQ(fields_of("joe\0\0"sv), "joe|");
  CHECK_EQ(fields_of("\0\0\0more\0"sv), "|");
  for (Str bad : {""sv, "joe"sv, "joe\0"sv, "joe\0pass"sv}) CHECK_EQ(fields_of(bad), "bad");
}

// Hashes of "pw" by mkpasswd(1), of every kind it knows.
static constexpr Str good[] = {
    "$y$j9T$aTq1IT2hD030dP2HrWr3o0$ZJdVuULbk457q0xf3/PTFSHKmKj8FbP3PbmXqLWh2S0",
    "$gy$j9T$u/vYBWq43YsBSOABqVyAh0$b3tk4.arGgRnQPlF6WPJNidoXgeaGxy78ST36A5X7N2",
    "$7$CU..../....H4TAIRaVZOZMGd9.7PJu20$eBpNPNeGmCk993U.OpcI0uy1QFkHTKXLpk4L0DOY5s4",
    "$2b$05$9eDWK.GymF.2Mt5s2V7b3egXprB579HoDaFemTKOjpXCGKFjrzEsu",
    "$2a$05$97hV/0njygWcxYX1t0bFK..voPsPhnqIerMY.6TT.fxFGnedIUWJ2",
    "$6$dZY86AkBShdFZbjU$n9sRe7918R2.s87L0cuC4l/p2pQlBrBjzO8N199Vf9P.nFC1a6p1vm8qEJt0Jzo49WY5wg/EIGN.YquM.m0FO0",
    "$6$rounds=10000$dZY86AkBShdFZbjU$"
    "n9sRe7918R2.s87L0cuC4l/p2pQlBrBjzO8N199Vf9P.nFC1a6p1vm8qEJt0Jzo49WY5wg/EIGN.YquM.m0FO0",
    "$5$SV3DnbXb04lmzsqL$XuQmV4i0BxWTHuthYMBCpL8U11Lb0HndyMNrH7K/Ol0",
};
static constexpr Str weak[] = {
    "$md5,rounds=67114$ObXB3/75$$Gxwga9raR8LUg2F6PvU3G1",
    "$1$lLOWT789$3o2tMdLFYOH8Trl1uj0tA0",
    "$apr1$lLOWT789$3o2tMdLFYOH8Trl1uj0tA0",
    "_J9..H8KvUsbvV/xby/I",
    "Lm86jO3R9/rVM",
    "$3$$8cc19b6a8cfeac299c2871c86b38de28",
    "$sha1$40000$jtNX3nZ2$hBNaIXkt4wBI2o5rsi8KejSjNqIq",
    "$2x$05$97hV/0njygWcxYX1t0bFK..voPsPhnqIerMY.6TT.fxFGnedIUWJ2",
};

static void test_hash_kinds() {
  for (Str hash : good) {
    CHECK_EQ(objection_to_hash(hash), "");
    for (size_t n = 4; n < hash.size(); ++n) CHECK(!objection_to_hash(slice(hash, 0, n)).empty());
    Buf longer;
    longer.set(hash, "x"sv);
    CHECK_EQ(objection_to_hash(longer), "this is no whole hash");
    longer.cut(hash.size() - 1);
    longer.push(' ');
    CHECK_EQ(objection_to_hash(longer), "this is no whole hash");
  }
  for (Str hash : weak) CHECK(objection_to_hash(hash).ends_with("too weak"));
  for (Str text : {"pw", "secret password", "{PLAIN}pw", "$", "$$", "$9$a$b", "Lm86jO3R9/rVMx"})
    CHECK_EQ(objection_to_hash(text), "this is no hash of a kind known here");
  CHECK_EQ(objection_to_hash(""), "there is no hash");
  CHECK_EQ(objection_to_hash("!"), "the account is locked: leave the line out");
  CHECK_EQ(objection_to_hash("*"), "the account is locked: leave the line out");
  CHECK_EQ(objection_to_hash("$6$rounds=$abc$def"), "this is no whole hash");
}

static Str objection_to(std::initializer_list<Str> parts) {
  Buf line;
  for (Str part : parts) line.append(part);
  VirtualUser u{};
  return parse_user_line(line, u);
}

static void test_users() {
  Buf line;
  VirtualUser u{};
  line.set("joe@a.test:"sv, good[0], ":1001:1002:/mail/joe:/bin/false"sv);
  CHECK_EQ(parse_user_line(line, u), "");
  CHECK_EQ(u.name, "joe@a.test");
  CHECK_EQ(u.hash, good[0]);
  CHECK(u.id.uid == 1001 && u.id.gid == 1002);
  CHECK_EQ(u.home, "/mail/joe");
  CHECK_EQ(u.shell, "/bin/false");

  Buf data;
  append_user_record(data, u);
  auto back = parse_user_record(data);
  CHECK(back.ok());
  auto b = back.take();
  CHECK_EQ(b.hash, good[0]);
  CHECK(b.id.uid == 1001 && b.id.gid == 1002);
  CHECK_EQ(b.home, "/mail/joe");
  CHECK_EQ(b.shell, "/bin/false");
  for (size_t n = 0; n < data.size(); ++n) CHECK(parse_user_record(slice(data, 0, n)).error().code == EPROTO);
  CHECK(parse_user_record("h\0"
                          "0\0"
                          "1\0/\0/bin/sh\0"sv)
            .error()
            .code == EPROTO);

  line.set("joe:"sv, good[0], ":1:4294967294:/"sv);
  CHECK_EQ(parse_user_line(line, u), "");
  CHECK_EQ(u.shell, "/bin/sh");

  CHECK_EQ(objection_to({"joe"}), "less than five fields");
  CHECK_EQ(objection_to({"joe:", good[0], ":1:1"}), "less than five fields");
  CHECK_EQ(objection_to({"joe:", good[0], ":1:1:/:/bin/sh:"}), "more than six fields");
  CHECK_EQ(objection_to({":", good[0], ":1:1:/"}), "no user");
  CHECK_EQ(objection_to({"joe:pw:1:1:/"}), "this is no hash of a kind known here");
  CHECK_EQ(objection_to({"jo\0e:"sv, good[0], ":1:1:/"}), "a NUL");
  for (Str id : {"0", "", "x", "-1", "4294967295", "99999999999999999999", "1 "}) {
    CHECK_EQ(objection_to({"joe:", good[0], ":", id, ":1:/"}), "the uid is no number, or root's");
    CHECK_EQ(objection_to({"joe:", good[0], ":1:", id, ":/"}), "the gid is no number, or root's");
  }
  CHECK_EQ(objection_to({"joe:", good[0], ":1:1:"}), "the home does not begin with /");
  CHECK_EQ(objection_to({"joe:", good[0], ":1:1:home"}), "the home does not begin with /");
  CHECK_EQ(objection_to({"joe:", good[0], ":1:1:/:"}), "the shell does not begin with /");
}

int main() {
  test_text();
  test_credentials();
  test_hash_kinds();
  test_users();
  return failures != 0;
}
