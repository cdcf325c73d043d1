#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "mail/mbox_file.h"

// What the quoter makes of text that comes in pieces of n bytes.
static Buf quoted(Str text, size_t n) {
  static char space[5];
  char fn[] = "/tmp/mbox_test.XXXXXX";
  Fd fd(mkstemp(fn));
  unlink(fn);
  Writer out(fd.get(), space);
  FromQuoter quoter(out);
  for (Str rest = text; !rest.empty(); rest = slice(rest, n)) CHECK(quoter.put(slice(rest, 0, n)).ok());
  CHECK(quoter.finish().ok());
  CHECK(out.flush().ok());
  lseek(fd.get(), 0, SEEK_SET);
  Buf got;
  CHECK(read_all(fd.get(), got, 65536).ok());
  return got;
}

static void expect(Str text, Str want) {
  for (size_t n = 1; n <= text.size() + 1; ++n) CHECK_EQ(quoted(text, n), want);
}

int main() {
  expect("", "\n");
  expect("a", "a\n\n");
  expect("a\n", "a\n\n");
  expect("\n", "\n\n");
  expect("\n\n", "\n\n\n");
  expect("From ", ">From \n\n");
  expect("From", "From\n\n");
  expect("From\n", "From\n\n");
  expect("From \n", ">From \n\n");
  expect("from \n", "from \n\n");
  expect("From: x\n", "From: x\n\n");
  expect(">From x\n", ">>From x\n\n");
  expect(">>>From x\nFrom y\n", ">>>>From x\n>From y\n\n");
  expect(">>Frox\n>\n>", ">>Frox\n>\n>\n\n");
  expect(">F\n>Fr>From \n", ">F\n>Fr>From \n\n");
  expect("a From b\n From c\n", "a From b\n From c\n\n");
  expect("F\nFr\nFro\nFrom\nFrom x", "F\nFr\nFro\nFrom\n>From x\n\n");
  expect("FFrom \nFrFrom \n", "FFrom \nFrFrom \n\n");
  expect("\0From \xff\n\0\n"sv, "\0From \xff\n\0\n\n"sv);
  expect("a\r\nFrom b\r\n", "a\r\n>From b\r\n\n");
  return failures != 0;
}
