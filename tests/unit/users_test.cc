#include <stdio.h>

#include "admin/assign.h"
#include "check.h"
#include "mail/users.h"

static Buf key_of(Str line) {
  auto a = parse_assignment(line);
  return a ? std::move(a->key) : Buf();
}
static Buf data_of(Str line) {
  auto a = parse_assignment(line);
  return a ? std::move(a->data) : Buf();
}

static void assignments() {
  CHECK_EQ(key_of("=Joe:j:1:2:/h:d:e:"), "!joe\0"sv);
  CHECK_EQ(data_of("=Joe:J:1:2:/h:d:E:"), "J\0001\0002\0/h\0d\0E"sv);
  CHECK_EQ(data_of("=joe:j:1:2:/h:::"), "j\0001\0002\0/h\0\0"sv);
  CHECK_EQ(data_of("=joe:j:1:2:/h:d:e:dropped:too"), "j\0001\0002\0/h\0d\0e"sv);
  CHECK_EQ(key_of("xjoe:j:1:2:/h:::"), "!joe\0"sv);  // what is no + is exact
  CHECK_EQ(key_of("+Joe-:j:1:2:/h:-::"), "!joe-");
  CHECK(parse_assignment("+Joe-:j:1:2:/h:-::")->wildchar == '-');
  CHECK(parse_assignment("+joE:j:1:2:/h:-::")->wildchar == 'e');
  CHECK_EQ(key_of("+:alias:1:2:/h:-::"), "!");
  CHECK(parse_assignment("+:alias:1:2:/h:-::")->wildchar == 0);
  CHECK(parse_assignment("=joe:j:1:2:/h:-::")->wildchar == 0);
  CHECK_EQ(key_of("=:j:1:2:/h:-::"), "!\0"sv);
  for (Str bad : {""sv, "="sv, "=joe"sv, "=joe:"sv, "=joe:j:1:2:/h:d:e"sv, "=joe:j:1:2:/h::"sv, "=j\0e:j:1:2:/h:::"sv})
    CHECK(!parse_assignment(bad));
}

static LocalUser find(Cdb& db, Str local) {
  auto r = find_user(db, local);
  CHECK(r.ok());
  if (!r.ok()) return LocalUser();
  auto found = r.take();
  return found ? std::move(*found) : LocalUser();
}

static void records() {
  Buf text;
  auto parse = [&](Str s) {
    text.set(s);
    return LocalUser::parse(std::move(text), LocalUser::Reason::getpw);
  };
  auto whole = parse("u\0001000\000100\0/home/u\0-\0e-x\0"sv);
  CHECK(whole.ok());
  LocalUser u = whole.take();
  CHECK_EQ(u.user, "u");
  CHECK_EQ(u.home, "/home/u");
  CHECK_EQ(u.dash, "-");
  CHECK_EQ(u.ext, "e-x");
  CHECK(u.id.uid == 1000 && u.id.gid == 100);
  CHECK_EQ(parse("u\0001\0002\0/h\0\0"sv).take().ext, "");
  CHECK_EQ(parse("u\0001\0002\0/h\0-\0x"sv).take().ext, "x");
  CHECK(parse("u\0004294967294\0000\0/h\0\0"sv).ok());
  for (Str bad : {""sv, "u"sv, "u\0001\0002\0/h\0"sv, "u\0\0002\0/h\0\0"sv, "u\0x\0002\0/h\0\0"sv,
                  "u\0001\0-2\0/h\0\0"sv, "u\0004294967295\0002\0/h\0\0"sv, "u\0001\00099999999999999999999\0/h\0\0"sv})
    CHECK(!parse(bad).ok());
}

static void lookups() {
  const char* fn = "users.cdb";
  {
    CdbMaker out = CdbMaker::create("users.tmp").take();
    Str lines[] = {"=joe:joe:1:1:/joe:::",       "+joe-:joe:1:1:/joe:-::", "+joe-list-:list:2:2:/list:-:l-:",
                   "=joe-x:x:3:3:/x:::",         "=joe:second:4:4:/s:::",  "+sales.:sales:5:5:/sales:-::",
                   "=number:n:notanumber:1:/:::"};
    Buf wild;
    for (Str line : lines) {
      auto a = parse_assignment(line);
      if (a->wildchar) wild.push(a->wildchar);
      CHECK(out.add(a->key, a->data).ok());
    }
    CHECK(out.add("", wild).ok());
    CHECK(out.write().ok());
    CHECK(out.publish(fn).ok());
  }
  Cdb db = Cdb::open(fn).take();
  CHECK_EQ(find(db, "joe").user, "joe");  // of two lines the first
  CHECK_EQ(find(db, "JOE").user, "joe");
  CHECK(find(db, "joe").reason == LocalUser::Reason::exact);
  CHECK_EQ(find(db, "joe-").ext, "");
  CHECK_EQ(find(db, "joe-").dash, "-");
  CHECK_EQ(find(db, "Joe-A.b-C").ext, "A.b-C");  // the rest in its own case
  CHECK(find(db, "joe-a").reason == LocalUser::Reason::wildcard);
  CHECK(find(db, "joe-a").matched == 4);
  CHECK_EQ(find(db, "joe-x").user, "x");
  CHECK_EQ(find(db, "joe-xy").ext, "xy");
  CHECK_EQ(find(db, "joe-list-Q").ext, "l-Q");  // the longest prefix
  CHECK_EQ(find(db, "joe-list").ext, "list");
  CHECK_EQ(find(db, "sales.emea").ext, "emea");
  CHECK_EQ(find(db, "jo").user, "");
  CHECK_EQ(find(db, "").user, "");
  CHECK_EQ(find(db, "joes").user, "");
  CHECK(find_user(db, "number").error().code == EPROTO);

  // Without the list of wildcard characters it is no users/cdb.
  CdbMaker out = CdbMaker::create("bad.tmp").take();
  CHECK(out.add("!joe"sv, "x").ok());
  CHECK(out.write().ok());
  CHECK(out.publish("bad.cdb").ok());
  Cdb bad = Cdb::open("bad.cdb").take();
  CHECK(find_user(bad, "joe").error().code == EPROTO);
  remove("bad.cdb");

  // The empty prefix is looked up whatever the wildcard characters are.
  CdbMaker all = CdbMaker::create("all.tmp").take();
  CHECK(all.add("!", "alias\0007\0007\0/alias\0-\0"sv).ok());
  CHECK(all.add("", "").ok());
  CHECK(all.write().ok());
  CHECK(all.publish("all.cdb").ok());
  Cdb any = Cdb::open("all.cdb").take();
  CHECK_EQ(find(any, "Who").ext, "Who");
  CHECK_EQ(find(any, "").user, "alias");
  remove("all.cdb");
  remove(fn);
}

static Str add_all(Str text) {
  Fd fd = open_exclusive("assign", 0600).take();
  remove("assign");
  CHECK(write_all(fd.get(), text).ok());
  lseek(fd.get(), 0, SEEK_SET);
  char space[7];
  Reader in(fd.get(), space);
  CdbMaker out = CdbMaker::create("assign.tmp").take();
  return add_assignments(in, out);
}

int main() {
  assignments();
  records();
  lookups();
  Str bad = "bad format in users/assign";
  CHECK_EQ(add_all(".\n"), "");
  CHECK_EQ(add_all("."), "");
  CHECK_EQ(add_all("=joe:j:1:2:/h:::\n. the end\ngarbage\n"), "");
  CHECK_EQ(add_all(""), bad);
  CHECK_EQ(add_all("=joe:j:1:2:/h:::\n"), bad);
  CHECK_EQ(add_all("=joe:j:1:2:/h:::"), bad);
  CHECK_EQ(add_all("\n.\n"), bad);
  CHECK_EQ(add_all("=joe:j:1:2:/h\n.\n"), bad);
  CHECK_EQ(add_all("=jo\0e:j:1:2:/h:::\n.\n"sv), bad);
  return failures != 0;
}
