#include "check.h"
#include "mail/address.h"
#include "mail/control.h"
#include "mail/date.h"
#include "mail/queue_files.h"

static Buf quoted(Str address) {
  Buf out;
  append_quoted(out, address);
  return out;
}
static Buf date(int64_t t) {
  Buf out;
  append_date(out, t);
  return out;
}

static Buf local_date(int64_t t, int64_t ahead) {
  Buf out;
  append_local_date(out, t, ahead);
  return out;
}

int main() {
  CHECK_EQ(quoted("joe@x"), "joe@x");
  CHECK_EQ(quoted("a b@x"), "\"a b\"@x");
  CHECK_EQ(quoted("a\"\\@x"), "\"a\\\"\\\\\"@x");
  CHECK_EQ(quoted("@x"), "\"\"@x");
  CHECK_EQ(quoted(".a@x"), "\".a\"@x");
  CHECK_EQ(quoted("a.@x"), "\"a.\"@x");
  CHECK_EQ(quoted("a..b@x"), "\"a..b\"@x");
  CHECK_EQ(quoted("a@b@x"), "\"a@b\"@x");
  CHECK_EQ(quoted("!#$%&'*+-/=?^_`{|}~@x"), "!#$%&'*+-/=?^_`{|}~@x");
  CHECK_EQ(quoted("\xe4@x"), "\"\xe4\"@x");
  CHECK_EQ(quoted("no host"), "no host");

  CHECK_EQ(date(0), "1 Jan 1970 00:00:00 -0000");
  CHECK_EQ(date(951782399), "28 Feb 2000 23:59:59 -0000");
  CHECK_EQ(date(951782400), "29 Feb 2000 00:00:00 -0000");
  CHECK_EQ(date(951868800), "1 Mar 2000 00:00:00 -0000");
  CHECK_EQ(date(4107542400), "1 Mar 2100 00:00:00 -0000");
  CHECK_EQ(date(-1), "31 Dec 1969 23:59:59 -0000");

  CHECK_EQ(local_date(0, 0), "1 Jan 1970 00:00:00 +0000");
  CHECK_EQ(local_date(0, 32400), "1 Jan 1970 09:00:00 +0900");
  CHECK_EQ(local_date(0, -1800), "31 Dec 1969 23:30:00 -0030");
  CHECK_EQ(local_date(951782399, 1), "28 Feb 2000 23:59:59 +0000");
  CHECK_EQ(local_date(951782399, -59), "28 Feb 2000 23:59:59 +0000");
  CHECK_EQ(local_date(951782399, 60), "29 Feb 2000 00:00:59 +0001");
  CHECK_EQ(local_date(951868800, 50400), "1 Mar 2000 14:00:00 +1400");
  CHECK_EQ(local_date(951868800, -43259), "29 Feb 2000 12:00:00 -1200");
  CHECK_EQ(local_date(951868800, 20700), "1 Mar 2000 05:45:00 +0545");
  CHECK_EQ(weekday_name(civil_time(1795228571).weekday), "Sat");  // 21 November 2026

  Buf text;
  text.set("# comment\n\nExample.ORG:first  \nexample.org:second\n.sub.test:s\n:all\nnocolon\t\n"sv);
  Table t(Lines(std::move(text)), Table::Form::pairs);
  CHECK(t.lines().size() == 5);
  CHECK_EQ(t.find("EXAMPLE.org")->value, "first");
  CHECK_EQ(t.find_host("a.b.sub.test")->key, ".sub.test");
  CHECK_EQ(t.find_host("sub.test")->value, "all");
  CHECK_EQ(t.find("nocolon")->value, "");
  CHECK(!t.find("none"));

  CHECK(scan_id("123") == 123);
  for (Str bad : {"", "0", "01", "1a", "-1", "99999999999999999999", "../1"}) CHECK(!scan_id(bad));
  return failures != 0;
}
