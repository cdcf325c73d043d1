#include "check.h"
#include "dns/name.h"

static Buf shown(Str text) {
  Buf out;
  if (auto name = DnsName::parse(text)) name->append_to(out);
  return out;
}

// The name at offset at of packet, then ' ' and the offset behind it.
static Buf read_at(Str packet, size_t at) {
  Buf out;
  auto name = DnsName::read(packet, at);
  if (!name) return out;
  name->append_to(out);
  out.add(" ", Num(at));
  return out;
}

static void text() {
  CHECK_EQ(shown("example.org"), "example.org");
  CHECK_EQ(shown("Example.ORG."), "example.org");
  CHECK_EQ(shown("."), ".");
  CHECK_EQ(shown(""), ".");
  CHECK_EQ(shown("_25._tcp.mx-1.example"), "_25._tcp.mx-1.example");
  CHECK_EQ(shown("a\\056b.c"), "a\\056b.c");
  CHECK_EQ(shown("a\\.b.c"), "a\\056b.c");
  CHECK_EQ(shown("a b.c\\000d\\377"), "a\\040b.c\\000d\\377");
  CHECK_EQ(shown("\xc3\xa4.de"), "\\303\\244.de");
  for (Str bad : {".."sv, "a..b"sv, ".a"sv, "a\\"sv, "a\\1"sv, "a\\400"sv, "a\\18x"sv}) CHECK(!DnsName::parse(bad));
  CHECK(DnsName::parse("a\\.b")->wire() == Str("\3a.b\0", 5));
  CHECK(*DnsName::parse("EXAMPLE.org") == *DnsName::parse("example.ORG"));
  CHECK(!(*DnsName::parse("example.org") == *DnsName::parse("example.or")));
  CHECK(!(*DnsName::parse("a\\.b") == *DnsName::parse("a.b")));
}

static void lengths() {
  Buf label63, label64;
  for (int i = 0; i < 63; ++i) label63.push('x');
  label64.add(label63, "x");
  CHECK_EQ(shown(label63), label63);
  CHECK(!DnsName::parse(label64));
  // 3 * (1 + 63) + (1 + 61) + 1 = 255 bytes is the longest name.
  Buf longest;
  longest.add(label63, ".", label63, ".", label63, ".", slice(label63, 0, 61));
  CHECK_EQ(shown(longest), longest);
  longest.push('x');
  CHECK(!DnsName::parse(longest));
}

static void reverse() {
  Buf out;
  DnsName::reverse(*Ip::parse("1.20.255.0")).append_to(out);
  CHECK_EQ(out, "0.255.20.1.in-addr.arpa");
  out.clear();
  DnsName::reverse(*Ip::parse("2001:db8::567:89ab")).append_to(out);
  CHECK_EQ(out, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");  // RFC 3596
}

static void compressed() {
  // RFC 1035 section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, root at 92.
  char p[128] = {};
  auto put = [&](size_t at, Str s) { s.copy(p + at, s.size()); };
  put(20, Str("\1F\3ISI\4ARPA\0", 12));
  put(40, Str("\3FOO\xc0\x14", 6));
  put(64, Str("\xc0\x1a", 2));
  Str packet(p, 93);
  CHECK_EQ(read_at(packet, 20), "f.isi.arpa 32");
  CHECK_EQ(read_at(packet, 40), "foo.f.isi.arpa 46");
  CHECK_EQ(read_at(packet, 64), "arpa 66");
  CHECK_EQ(read_at(packet, 92), ". 93");
}

static void broken() {
  CHECK_EQ(read_at("", 0), "");
  CHECK_EQ(read_at(Str("\0", 1), 1), "");
  CHECK_EQ(read_at("\3ab", 0), "");               // label cut short
  CHECK_EQ(read_at("\3abc", 0), "");              // no end
  CHECK_EQ(read_at("\xc0", 0), "");               // half a pointer
  CHECK_EQ(read_at(Str("\xc0\0", 2), 0), "");     // to itself
  CHECK_EQ(read_at("\xc0\2\xc0\0"sv, 2), "");     // to each other
  CHECK_EQ(read_at("\1a\xc0\0"sv, 0), "");        // to its own beginning
  CHECK_EQ(read_at("\xc0\4\0\0\1a\0"sv, 0), "");  // forward
  CHECK_EQ(read_at("\x40"
                   "ab\0"sv,
                   0),
           "");  // reserved kinds of labels
  CHECK_EQ(read_at("\x80"
                   "ab\0"sv,
                   0),
           "");
  size_t at = 2;
  CHECK(!DnsName::read("\xc0\2\xc0\0"sv, at) && at == 2);

  // A name of 255 bytes may be read, one of 256 may not: built of pointers to
  // what stands before, as an attacker would.
  Buf packet;
  size_t previous = 0, size = 1;
  packet.append(Str("\0", 1));
  for (int i = 0; i < 127; ++i) {
    size_t here = packet.size();
    packet.add(Str("\1x", 2), Str("\xc0", 1));
    packet.push(static_cast<char>(previous));
    if (here > 255) packet.data()[here + 2] = static_cast<char>(0xc0 | previous >> 8);
    previous = here;
    size += 2;
    size_t begin = here;
    auto name = DnsName::read(packet, begin);
    CHECK(name && name->wire().size() == size && begin == here + 4);
  }
  CHECK(size == 255);
  size_t here = packet.size(), begin = here;
  packet.append(Str("\1x", 2));
  packet.push(static_cast<char>(0xc0 | previous >> 8));
  packet.push(static_cast<char>(previous));
  CHECK(!DnsName::read(packet, begin));

  // Pointers to pointers to pointers come to an end.
  Buf chain;
  chain.append(Str("\0\0", 2));
  for (size_t i = 1; i < 8000; ++i) {
    size_t to = (i - 1) * 2;
    chain.push(static_cast<char>(0xc0 | to >> 8));
    chain.push(static_cast<char>(to));
  }
  begin = 200;
  CHECK(DnsName::read(chain, begin) && begin == 202);
  begin = 15998;
  CHECK(!DnsName::read(chain, begin));
}

int main() {
  text();
  lengths();
  reverse();
  compressed();
  broken();
  return failures != 0;
}
