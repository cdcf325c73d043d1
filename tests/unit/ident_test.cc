#include "tcp/ident.h"
#include "check.h"

int main() {
  CHECK_EQ(ident_user("6193, 23 : USERID : UNIX : stjohns\r"), "stjohns");
  CHECK_EQ(ident_user("1,2:USERID:UNIX: jo e\tx "), "joex");
  CHECK_EQ(ident_user("1,2:USERID:UNIX:a:b"), "a:b");
  CHECK_EQ(ident_user("1,2:USERID:UNIX:"), "");
  CHECK_EQ(ident_user("1,2 : ERROR : NO-USER"), "");
  CHECK_EQ(ident_user(""), "");
  CHECK_EQ(ident_user("1,2:a:b:jo\0e"sv), "jo");
  CHECK_EQ(ident_user("1,2:a:b:\xff\x01"), "\xff\x01");
  Buf line, want;
  line.append("1,2:a:b:");
  for (int i = 0; i < 256; ++i) {
    line.push('x');
    want.push('x');
  }
  CHECK_EQ(ident_user(line), want);
  line.push('y');
  CHECK_EQ(ident_user(line), want);
  return failures != 0;
}
