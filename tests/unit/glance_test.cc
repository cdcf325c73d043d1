#include "mail/glance.h"

#include <stdlib.h>

#include "check.h"
#include "lib/io.h"
#include "lib/sys.h"

static Glance seen(Str message, size_t longest) {
  char fn[] = "/tmp/glance_test.XXXXXX";
  Fd fd(mkstemp(fn));
  unlink(fn);
  CHECK(write_all(fd.get(), message).ok());
  lseek(fd.get(), 0, SEEK_SET);
  auto g = glance_at(fd.get(), longest);
  CHECK(g.ok());
  return g.take();
}

int main() {
  Str message =
      "return-path : <s@x> \nReturn-Path: <other@x>\nDelivered-To: r@y\nFrom:  S <s@x>\n (me)\nSubject:  hello "
      "\n\nbody\nend";
  Glance g = seen(message, 100);
  CHECK_EQ(g.sender, "<s@x>");
  CHECK_EQ(g.recipient, "r@y");
  CHECK_EQ(g.from, "From:  S <s@x>\n (me)");
  CHECK_EQ(g.text, "hello\nbody\nend");
  Str all = "hello\nbody\nend";
  for (size_t n = 0; n <= all.size() + 2; ++n) CHECK_EQ(seen(message, n).text, slice(all, 0, n));
  CHECK_EQ(seen("", 10).text, "\n");
  CHECK_EQ(seen("no field\nmore", 100).text, "\nno field\nmore");
  CHECK_EQ(seen("Subject: only", 100).text, "only\n");

  // A header without end: what was found before that counts.
  Buf large;
  large.set("Subject: first\nX: "sv);
  for (int i = 0; i < 1 << 15; ++i) large.append("0123456789012345678901234567890123456789");
  large.append("\n\nbody");
  CHECK_EQ(slice(seen(large, 5).text, 0, 5), "first");

  Buf out;
  append_printable(out, "a\0\x1b\x7f ~\xc3\xa9\n"sv, '?');
  CHECK_EQ(out, "a??? ~???");
  return failures != 0;
}
