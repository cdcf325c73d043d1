#include "check.h"
#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/ip.h"

static Buf shown(Str text) {
  Buf out;
  if (auto ip = Ip::parse(text)) ip->append_to(out);
  return out;
}

int main() {
  // RFC 3720 appendix B.4 and the catalogue's check value.
  CHECK(crc32c(0, "123456789") == 0xe3069283);
  char zeros[32] = {};
  CHECK(crc32c(0, Str(zeros, 32)) == 0x8a9136aa);
  CHECK(crc32c(crc32c(0, "1234567"), "89") == 0xe3069283);
  CHECK(crc32c(crc32c(0, "12345678"), "9") == 0xe3069283);
  CHECK(crc32c(0, "") == 0);

  CHECK_EQ(shown("1.2.3.4"), "1.2.3.4");
  CHECK_EQ(shown("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  CHECK_EQ(shown("::ffff:10.0.0.1"), "10.0.0.1");
  for (Str bad : {""sv, "1.2.3"sv, "1.2.3.4.5"sv, "1.2.3.256"sv, "1.2.3.4 "sv, "::g"sv, "[::1]"sv, "1.2.3.4\0"sv})
    CHECK(!Ip::parse(bad));
  CHECK(in_prefix(*Ip::parse("10.1.2.3"), *Ip::parse("10.1.0.0"), 16));
  CHECK(in_prefix(*Ip::parse("10.1.255.3"), *Ip::parse("10.1.254.0"), 23));
  CHECK(!in_prefix(*Ip::parse("10.1.255.3"), *Ip::parse("10.1.254.0"), 24));
  CHECK(in_prefix(*Ip::parse("9.9.9.9"), *Ip::parse("0.0.0.0"), 0));
  CHECK(!in_prefix(*Ip::parse("::1"), *Ip::parse("0.0.0.0"), 0));
  CHECK(in_prefix(*Ip::parse("::1"), *Ip::parse("::1"), 128));

  Buf b;
  append_le(b, uint32_t{0x01020304});
  append_le(b, uint64_t{0xf1f2f3f4f5f6f7f8});
  Str s = b;
  CHECK_EQ(slice(s, 0, 4), "\4\3\2\1");
  CHECK(*take_le<uint32_t>(s) == 0x01020304);
  CHECK(*take_le<uint64_t>(s) == 0xf1f2f3f4f5f6f7f8);
  CHECK(!take_le<uint32_t>(s));
  return failures != 0;
}
