#include "admin/accounts.h"

#include "check.h"

static Buf account(Str line) {
  Buf out;
  if (auto a = parse_passwd(line)) out.add(a->name, "|"sv, a->uid, "|"sv, a->gid, "|"sv, a->home);
  return out;
}

static Buf subuser(Str line) {
  Buf out;
  if (auto s = parse_subuser(line)) out.add(s->sub, "|"sv, s->user, "|"sv, s->pre);
  return out;
}

int main() {
  CHECK_EQ(account("joe:x:1:2:Joe Doe:/home/joe:/bin/sh"), "joe|1|2|/home/joe");
  CHECK_EQ(account("joe::0:0::/:"), "joe|0|0|/");
  CHECK_EQ(account("joe::4294967294:4294967294::/h:sh:more"), "joe|4294967294|4294967294|/h");
  for (Str bad : {"", "joe", "joe:x:1:2:c:/h", ":x:1:2::/h:", "joe:x::2::/h:", "joe:x:1:::/h:", "joe:x:1:2:::",
                  "joe:x:-1:2::/h:", "joe:x:1:2x::/h:", "joe:x: 1:2::/h:", "joe:x:4294967295:2::/h:",
                  "joe:x:1:4294967295::/h:", "joe:x:18446744073709551617:2::/h:"})
    CHECK_EQ(account(bad), "");
  CHECK_EQ(account("joe\0:x:1:2::/h:"sv), "");

  CHECK_EQ(subuser("list:joe:l:"), "list|joe|l");
  CHECK_EQ(subuser("list:joe::more"), "list|joe|");
  for (Str bad : {"", "list", "list:joe", "list:joe:l", ":joe:l:", "list::l:"}) CHECK_EQ(subuser(bad), "");
  return failures != 0;
}
