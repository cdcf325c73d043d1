#include "mail/netstring.h"
#include "check.h"

static Str input;
static size_t at_once;  // bytes that one read brings
static ssize_t give(int, char* space, size_t n, const void*) {
  if (n > at_once) n = at_once;
  Str piece = slice(input, 0, n);
  for (size_t i = 0; i < piece.size(); ++i) space[i] = piece[i];
  input = slice(input, piece.size());
  return static_cast<ssize_t>(piece.size());
}

static Buf text_of(Err e) {
  Buf out;
  switch (e.code) {
    case EPROTO: out.set("malformed"sv); break;
    case EMSGSIZE: out.set("too long"sv); break;
    case ECONNRESET: out.set("ended"sv); break;
    default: out.set("?"sv);
  }
  return out;
}

// Reads one after the other until it cannot: their texts, cut at max and with
// the length behind that, and why it stopped.
static Buf read_all_of(Str s, size_t step, size_t max) {
  input = s;
  at_once = step;
  char space[7];
  Reader r(0, space, nullptr, give);
  NetstringReader in(r);
  Buf out, one;
  for (;;) {
    auto length = in.read(one, max);
    if (!length.ok()) {
      out.add(text_of(length.error()));
      return out;
    }
    out.add("<"sv, one, ">"sv);
    if (uint64_t n = length.take(); n != one.size()) out.add(Num(n));
    out.add(" "sv);
  }
}

static void check_read(Str s, Str want, size_t max = 100) {
  for (size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{1000}}) CHECK_EQ(read_all_of(s, step, max), want);
}

static Buf length_of(Str s) {
  input = s;
  at_once = 1000;
  char space[64];
  Reader r(0, space, nullptr, give);
  NetstringReader in(r);
  auto length = in.begin();
  if (!length.ok()) return text_of(length.error());
  Buf out;
  uint64_t n = length.take();
  out.append_number(n);
  CHECK(in.left() == n);
  return out;
}

static void lengths() {
  CHECK_EQ(length_of("0:"), "0");
  CHECK_EQ(length_of("1:"), "1");
  CHECK_EQ(length_of("9:"), "9");
  CHECK_EQ(length_of("10:"), "10");
  CHECK_EQ(length_of("200000000:"), "200000000");
  CHECK_EQ(length_of("200000001:"), "200000001");
  CHECK_EQ(length_of("2000000000:"), "2000000000");
  CHECK_EQ(length_of("2000000009:"), "2000000009");
  for (Str s : {"2000000010:", "2000000010", "2147483648:", "4294967296:", "9999999999:", "18446744073709551616:",
                "18446744073709551617:", "99999999999999999999999999999999999999999999:"})
    CHECK_EQ(length_of(s), "too long");
  for (Str s : {":", "00:", "01:", "000000000000000000000000000:", "007:", "-1:", "+1:", " 1:", "1 :", "1x:", "x:",
                "0x1:", "1.:", "1,", ",", "\n1:", "1\n:", "\xb2:"})
    CHECK_EQ(length_of(s), "malformed");
  for (Str s : {"", "0", "1", "2000000009"}) CHECK_EQ(length_of(s), "ended");
  // Every byte but a digit is malformed at every place, a colon where a digit must be too.
  for (int c = 0; c < 256; ++c) {
    char first[] = {static_cast<char>(c), '1', ':'}, second[] = {'1', static_cast<char>(c), ':'};
    Buf want;
    if (is_digit(first[0]) && c != '0') want.set(Str(first, 1), "1"sv);
    CHECK_EQ(length_of(Str(first, 3)), want.empty() ? Str("malformed") : want.view());
    want.clear();
    if (is_digit(second[1])) want.set("1"sv, Str(&second[1], 1));
    if (c == ':') want.set("1"sv);
    CHECK_EQ(length_of(Str(second, 3)), want.empty() ? Str("malformed") : want.view());
  }
}

static void texts() {
  check_read("0:,", "<> ended");
  check_read("5:hello,", "<hello> ended");
  check_read("5:hello,3:a,b,0:,", "<hello> <a,b> <> ended");
  check_read("12:hello, world,", "<hello, world> ended");
  check_read("5:hello", "ended");
  check_read("5:hell", "ended");
  check_read("5:hello.", "malformed");
  check_read("5:hell,", "ended");
  check_read("5:hello!,", "malformed");
  check_read("0:x", "malformed");
  // What is too long for the caller is skipped, and its length told.
  check_read("5:hello,1:x,", "<hello> <x> ended", 5);
  check_read("6:hello!,1:x,", "<hello>6 <x> ended", 5);
  check_read("20:abcdefghijklmnopqrst,1:x,", "<abc>20 <x> ended", 3);
  check_read("2:ab,", "<>2 ended", 0);
}

// A netstring of netstrings, to its end.
static Buf nested(Str s) {
  Buf out;
  for (size_t step : {size_t{1}, size_t{1000}}) {
    input = s;
    at_once = step;
    char space[9];
    Reader r(0, space, nullptr, give);
    NetstringReader in(r);
    Buf got, one;
    auto read = [&]() -> Result<> {
      TRY(in.begin());
      while (in.left() > 0) {
        TRY(in.read(one, 100));
        got.add("<"sv, one, ">"sv);
      }
      return in.end();
    };
    if (auto end = read(); !end.ok()) got.add(" "sv, text_of(end.error()));
    if (step > 1) CHECK_EQ(got, out);
    out = std::move(got);
  }
  return out;
}

static void inside() {
  CHECK_EQ(nested("0:,"), "");
  CHECK_EQ(nested("3:0:,,"), "<>");
  CHECK_EQ(nested("11:1:a,3:b,c,,"), "<a><b,c> malformed");
  CHECK_EQ(nested("10:1:a,3:b,c,,"), "<a><b,c>");
  CHECK_EQ(nested("9:1:a,3:b,c,,"), "<a> malformed");  // one inside reaches past the end
  CHECK_EQ(nested("4:1:a,,"), "<a>");
  CHECK_EQ(nested("4:1:a,"), "<a> ended");
  CHECK_EQ(nested("4:1:a,x"), "<a> malformed");
  for (Str s : {"1:1,", "1:1:a,,", "2:1:,", "2:1:a,,", "3:1:a,,", "3:1:a,", "2:12:abcdefghijkl,,", "1:,,"})
    CHECK_EQ(nested(s), " malformed");
  CHECK_EQ(nested("40:2000000010:,,"), " too long");
  CHECK_EQ(nested("40:2000000009:,,"), " malformed");
  CHECK_EQ(nested("40:40:"), " malformed");
  CHECK_EQ(nested("3"), " ended");
  CHECK_EQ(nested("9:5:hel"), " ended");
}

static void misuse() {
  input = "9:5:1:a,,,,";
  at_once = 100;
  char space[64];
  Reader r(0, space, nullptr, give);
  NetstringReader in(r);
  CHECK(in.end().error().code == EPROTO);  // of none
  CHECK(in.begin().ok() && in.begin().ok());
  CHECK(in.begin().error().code == EPROTO);  // a third inside
  CHECK(in.end().error().code == EPROTO);    // with something left
}

static void written() {
  Buf out;
  append_netstring(out, "");
  append_netstring(out, "hello");
  append_netstring(out, "a,\0b"sv);
  CHECK_EQ(out, "0:,5:hello,4:a,\0b,"sv);
  for (uint64_t n : {uint64_t{0}, uint64_t{9}}) CHECK(netstring_frame(n) == 3);
  for (uint64_t n : {uint64_t{10}, uint64_t{99}}) CHECK(netstring_frame(n) == 4);
  CHECK(netstring_frame(longest_netstring) == 12);
}

int main() {
  lengths();
  texts();
  inside();
  misuse();
  written();
  return failures != 0;
}
