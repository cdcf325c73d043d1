#include "check.h"
#include "dns/packet.h"

// Packets are written down as hex digits with words in between for reading: what
// stands in braces is a name in text (uncompressed), what stands in quotes bytes.
static Buf packet_of(Str text) {
  Buf out;
  int half = -1;
  while (!text.empty()) {
    char c = text[0];
    text = slice(text, 1);
    if (c == '{') {
      out.append(DnsName::parse(take_until(text, '}'))->wire());
    } else if (c == '\'') {
      out.append(take_until(text, '\''));
    } else if (c != ' ') {
      int digit = is_digit(c) ? c - '0' : c - 'a' + 10;
      if (half >= 0) out.push(static_cast<char>(half * 16 + digit));
      half = half >= 0 ? -1 : digit;
    }
  }
  return out;
}

static constexpr uint16_t id = 0x1234;

// What an answer is taken for, with the records found.
static Buf judged(Str packet, DnsType type, Str asked = "a.example") {
  static constexpr Str names[] = {"found",     "no_such_name", "no_data", "alias",
                                  "truncated", "not_ours",     "no_edns", "failed"};
  std::vector<DnsRecord> records;
  DnsName target;
  DnsAnswer answer = read_answer(packet, id, {*DnsName::parse(asked), type}, records, target);
  Buf out;
  out.append(names[static_cast<size_t>(answer)]);
  if (answer == DnsAnswer::alias) {
    out.push(' ');
    target.append_to(out);
  }
  for (const DnsRecord& r : records) {
    out.push(' ');
    if (type == DnsType::a || type == DnsType::aaaa) r.ip.append_to(out);
    if (type == DnsType::mx) out.add(Num(r.preference), "=");
    if (type == DnsType::mx || type == DnsType::ptr || type == DnsType::cname) r.name.append_to(out);
    out.append(r.data);
  }
  return out;
}
static Buf judged_text(Str text, DnsType type = DnsType::a) { return judged(packet_of(text), type); }

// The usual beginnings: id, flags, counts, question.
#define HEADER(flags, answers, authorities) "1234 " flags " 0001 " answers " " authorities " 0000 {a.example} "
#define ASKED_A HEADER("8180", "0001", "0000") "0001 0001 "

static void queries() {
  Buf out;
  build_query(out, id, {*DnsName::parse("a.example"), DnsType::mx}, Edns::off);
  CHECK_EQ(out, packet_of("1234 0100 0001 0000 0000 0000 {a.example} 000f 0001"));
  build_query(out, id, {*DnsName::parse("a.example"), DnsType::aaaa}, Edns::on);
  CHECK_EQ(out, packet_of("1234 0100 0001 0000 0000 0001 {a.example} 001c 0001 00 0029 04d0 00000000 0000"));
}

static void records() {
  CHECK_EQ(judged_text(ASKED_A "c00c 0001 0001 00000e10 0004 01020304"), "found 1.2.3.4");
  // The case of the question is the server's choice.
  CHECK_EQ(judged_text("1234 8180 0001 0001 0000 0000 {A.ExamplE} 0001 0001 c00c 0001 0001 00000000 0004 01020304"),
           "found 1.2.3.4");
  CHECK_EQ(judged_text(HEADER("8180", "0002", "0000") "000f 0001 c00c 000f 0001 00000000 0007 000a 'xmx'"
                                                      "c00c 000f 0001 00000000 0003 0000 00",
                       DnsType::mx),
           "failed");  // a label of 0x78 bytes is none
  CHECK_EQ(judged_text(HEADER("8180", "0002", "0000") "000f 0001 c00c 000f 0001 00000000 0007 000a 02'mx' c00e"
                                                      "c00c 000f 0001 00000000 0003 0000 00",
                       DnsType::mx),
           "found 10=mx.example 0=.");
  CHECK_EQ(judged_text(HEADER("8180", "0001", "0000") "0010 0001 c00c 0010 0001 00000000 0009 03'abc' 00 03'd' 00ff",
                       DnsType::txt),
           Str("found abcd\0\xff", 12));
  CHECK_EQ(judged_text(
               HEADER("8180", "0001", "0000") "001c 0001 c00c 001c 0001 00000000 0010 20010db8000000000000000000000001",
               DnsType::aaaa),
           "found 2001:db8::1");
  CHECK_EQ(judged_text(
               HEADER("8180", "0001", "0000") "001c 0001 c00c 001c 0001 00000000 0010 00000000000000000000ffff7f000001",
               DnsType::aaaa),
           "found 127.0.0.1");
  // Other types and classes, and other names, are passed over.
  CHECK_EQ(judged_text(HEADER("8180", "0004", "0000") "0001 0001"
                                                      "c00c 0010 0001 00000000 0001 00"
                                                      "c00c 0001 0003 00000000 0004 05050505"
                                                      "{b.example} 0001 0001 00000000 0004 06060606"
                                                      "c00c 0001 0001 00000000 0004 01020304"),
           "found 1.2.3.4");
}

static void aliases() {
  // Whatever the order of the records.
  CHECK_EQ(judged_text(HEADER("8180", "0003", "0000") "0001 0001"
                                                      "{c.example} 0001 0001 00000000 0004 01020304"
                                                      "{b.example} 0005 0001 00000000 000b {c.example}"
                                                      "c00c 0005 0001 00000000 000b {b.example}"),
           "found 1.2.3.4");
#define TO_B "0001 0001 c00c 0005 0001 00000000 000b {b.example}"
#define SOA "{example} 0006 0001 00000000 0004 00000000"
  CHECK_EQ(judged_text(HEADER("8180", "0001", "0000") TO_B), "alias b.example");
  CHECK_EQ(judged_text(HEADER("8180", "0001", "0001") TO_B SOA), "no_data");
  CHECK_EQ(judged_text(HEADER("8183", "0001", "0000") TO_B), "no_such_name");
  // a -> b -> a
  CHECK_EQ(judged_text(HEADER("8180", "0002", "0000") TO_B "{b.example} 0005 0001 00000000 000b {a.example}"),
           "failed");
  // Who asks for the alias itself gets it.
  CHECK_EQ(
      judged_text(HEADER("8180", "0001", "0000") "0005 0001 c00c 0005 0001 00000000 000b {b.example}", DnsType::cname),
      "found b.example");
}

static void negative() {
#define ASKED "0001 0001"
  CHECK_EQ(judged_text(HEADER("8183", "0000", "0000") ASKED), "no_such_name");
  CHECK_EQ(judged_text(HEADER("8180", "0000", "0000") ASKED), "no_data");
  CHECK_EQ(judged_text(HEADER("8400", "0000", "0000") ASKED), "no_data");
  CHECK_EQ(judged_text(HEADER("8100", "0000", "0000") ASKED), "failed");  // only refers elsewhere
  CHECK_EQ(judged_text(HEADER("8103", "0000", "0000") ASKED), "failed");
  CHECK_EQ(judged_text(HEADER("8182", "0000", "0000") ASKED), "failed");  // SERVFAIL
  CHECK_EQ(judged_text(HEADER("8185", "0000", "0000") ASKED), "failed");  // REFUSED
  CHECK_EQ(judged_text(HEADER("8181", "0000", "0000") ASKED), "no_edns");
  CHECK_EQ(judged_text(HEADER("8184", "0000", "0000") ASKED), "no_edns");
  CHECK_EQ(judged_text("1234 8181 0000 0000 0000 0000"), "no_edns");
  CHECK_EQ(judged_text(HEADER("8380", "0000", "0000") ASKED), "truncated");
}

static void foreign() {
#define GOOD "c00c 0001 0001 00000000 0004 01020304"
  CHECK_EQ(judged_text("1235 8180 0001 0001 0000 0000 {a.example} 0001 0001" GOOD), "not_ours");
  CHECK_EQ(judged_text("1234 0180 0001 0001 0000 0000 {a.example} 0001 0001" GOOD), "not_ours");  // a query
  CHECK_EQ(judged_text("1234 8980 0001 0001 0000 0000 {a.example} 0001 0001" GOOD), "not_ours");  // opcode 1
  CHECK_EQ(judged_text("1234 8180 0001 0001 0000 0000 {b.example} 0001 0001" GOOD), "not_ours");
  CHECK_EQ(judged_text("1234 8180 0001 0001 0000 0000 {a.example} 001c 0001" GOOD), "not_ours");
  CHECK_EQ(judged_text("1234 8180 0001 0001 0000 0000 {a.example} 0001 0003" GOOD), "not_ours");
  CHECK_EQ(judged_text("1234 8180 0000 0001 0000 0000" GOOD), "not_ours");
  CHECK_EQ(judged_text("1234 8180 0002 0001 0000 0000 {a.example} 0001 0001 {a.example} 0001 0001" GOOD), "not_ours");
}

static void broken() {
  CHECK_EQ(judged_text(ASKED_A "c00c 0001 0001 00000000 0003 010203"), "failed");
  CHECK_EQ(judged_text(ASKED_A "c00c 0001 0001 00000000 0005 0102030405"), "failed");
  CHECK_EQ(judged_text(ASKED_A "c0ff 0001 0001 00000000 0004 01020304"), "failed");
  CHECK_EQ(judged_text(ASKED_A "c01b 0001 0001 00000000 0004 01020304"), "failed");  // its own name
  // An alias with bytes behind its name, and one that reaches beyond its data.
  CHECK_EQ(judged_text(ASKED_A "c00c 0005 0001 00000000 000c {b.example} 00"), "failed");
  CHECK_EQ(judged_text(ASKED_A "c00c 0005 0001 00000000 000a {b.example}"), "failed");
  CHECK_EQ(judged_text(HEADER("8180", "0001", "0000") "0010 0001 c00c 0010 0001 00000000 0004 04'abc'", DnsType::txt),
           "failed");
  CHECK_EQ(judged_text(HEADER("8180", "0001", "0000") "000f 0001 c00c 000f 0001 00000000 0002 000a", DnsType::mx),
           "failed");
  CHECK_EQ(judged_text(HEADER("8180", "ffff", "0000") "0001 0001" GOOD), "failed");  // more records than there are

  // Every beginning of a good packet is refused, and nothing is read behind it.
  Buf good = packet_of(HEADER(
      "8180", "0003",
      "0000") "000f 0001"
              "c00c 0005 0001 00000000 000b {b.example}"
              "{b.example} 000f 0001 00000000 0007 000a 02'mx' c00e"
              "{b.example} 000f 0001 00000000 0003 0000 00");
  CHECK_EQ(judged(good, DnsType::mx), "found 10=mx.example 0=.");
  for (size_t n = 0; n < good.size(); ++n) {
    Buf part;  // of its own, so that a sanitizer sees what is read behind it
    part.append(slice(good, 0, n));
    Buf got = judged(part, DnsType::mx);
    CHECK(got.view() == "failed" || got.view() == "not_ours");
  }
  // No single changed byte leads astray (to run with sanitizers).
  for (size_t at = 0; at < good.size(); ++at) {
    for (int flip = 1; flip < 256; ++flip) {
      Buf bad;
      bad.append(good);
      bad.data()[at] = static_cast<char>(bad.data()[at] ^ flip);
      judged(bad, DnsType::mx);
    }
  }
}

int main() {
  queries();
  records();
  aliases();
  negative();
  foreign();
  broken();
  return failures != 0;
}
