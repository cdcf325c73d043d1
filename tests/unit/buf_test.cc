#include "check.h"

int main() {
  Buf b;
  CHECK_EQ(b, "");
  CHECK_EQ(b.c_str(), "");
  b.set("abc"sv, "\0d"sv, "e"sv);
  CHECK_EQ(b, "abc\0de"sv);
  for (int i = 0; i < 1000; ++i) b.append("0123456789");
  CHECK(b.size() == 10006);
  b.cut(3);
  CHECK_EQ(b.c_str(), "abc");
  b.drop_front(1);
  CHECK_EQ(b, "bc");
  b.drop_front(9);
  CHECK_EQ(b, "");
  b.append_number(0);
  b.push(' ');
  b.append_number(UINT64_MAX);
  CHECK_EQ(b, "0 18446744073709551615");
  b.clear();
  b.append_padded(7, 3);
  b.append_padded(1234, 3);
  CHECK_EQ(b, "0071234");
  CHECK(!b.try_reserve(SIZE_MAX));
  CHECK(!b.try_reserve(SIZE_MAX - 20));

  Buf moved = std::move(b);
  CHECK_EQ(moved, "0071234");
  CHECK_EQ(b, "");

  Str s = "a,b,,c";
  CHECK_EQ(take_until(s, ','), "a");
  CHECK_EQ(take_until(s, ','), "b");
  CHECK_EQ(take_until(s, ','), "");
  CHECK_EQ(take_until(s, ','), "c");
  CHECK(s.empty());
  CHECK(!scan_u64(""));
  CHECK(!scan_u64("1x"));
  CHECK(!scan_u64("18446744073709551616"));
  CHECK(scan_u64("18446744073709551615") == UINT64_MAX);
  CHECK(scan_u64("255", 255) == 255);
  CHECK(!scan_u64("256", 255));
  CHECK_EQ(slice("abc", 5), "");
  CHECK_EQ(slice("abc", 1, 9), "bc");
  CHECK_EQ(trim_right("a b \t "), "a b");
  CHECK(same_nocase("AbC", "aBc"));
  CHECK(!same_nocase("abc", "abcd"));
  CHECK(compare_nocase("a\xff", "ab") > 0);
  return failures != 0;
}
