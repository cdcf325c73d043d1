#include "remote/remote_report.h"
#include "check.h"

static Buf verdict(Str output, size_t i = 0, size_t n = 1) {
  RemoteVerdict v = remote_verdict(output, i, n);
  Buf b;
  b.push(v.letter);
  b.add(v.text[0], v.text[1]);
  return b;
}

int main() {
  // One recipient: what qmail-send makes of each combination.
  CHECK_EQ(verdict("r\0Kaccepted\n\0"sv), "Kaccepted\n");
  CHECK_EQ(verdict("r\0Zdied\n\0"sv), "Zdied\n");
  CHECK_EQ(verdict("r\0Drefused\n\0"sv), "Drefused\n");
  CHECK_EQ(verdict("hno\n\0DGiving up.\n\0"sv), "Dno\nGiving up.\n");
  CHECK_EQ(verdict("hno\n\0Kyes\n\0"sv), "Dno\n");
  CHECK_EQ(verdict("hno\n\0Zdied\n\0"sv), "Dno\n");
  CHECK_EQ(verdict("slater\n\0DGiving up.\n\0"sv), "Zlater\nGiving up.\n");
  CHECK_EQ(verdict("slater\n\0Zdied\n\0"sv), "Zlater\ndied\n");
  CHECK_EQ(verdict("slater\n\0Kyes\n\0"sv), "Zlater\n");
  CHECK_EQ(verdict("Zno host\n\0"sv), "Zno host\n");
  CHECK_EQ(verdict("Dno host\n\0"sv), "Dno host\n");
  CHECK_EQ(verdict("Kyes\n\0"sv), "Kyes\n");
  CHECK_EQ(verdict("Kyes\n"sv), "Kyes\n");  // without its NUL
  CHECK_EQ(verdict("r\0"sv), "D");
  CHECK_EQ(verdict("nonsense"sv), "Donsense");
  CHECK_EQ(verdict("\0"sv), "D");

  // Several: each its own part, and the message's.
  Str mixed = "r\0hno\n\0slater\n\0Kyes\n\0"sv;
  CHECK_EQ(verdict(mixed, 0, 3), "Kyes\n");
  CHECK_EQ(verdict(mixed, 1, 3), "Dno\n");
  CHECK_EQ(verdict(mixed, 2, 3), "Zlater\n");
  Str none = "hno\n\0slater\n\0DGiving up.\n\0"sv;
  CHECK_EQ(verdict(none, 0, 2), "Dno\nGiving up.\n");
  CHECK_EQ(verdict(none, 1, 2), "Zlater\nGiving up.\n");
  // The connection broke before all had an answer.
  Str broken = "r\0hno\n\0Zdied\n\0"sv;
  CHECK_EQ(verdict(broken, 0, 4), "Zdied\n");
  CHECK_EQ(verdict(broken, 1, 4), "Dno\n");
  CHECK_EQ(verdict(broken, 2, 4), "Zdied\n");
  CHECK_EQ(verdict(broken, 3, 4), "Zdied\n");
  CHECK_EQ(verdict("Zno host\n\0"sv, 5, 6), "Zno host\n");
  return failures != 0;
}
