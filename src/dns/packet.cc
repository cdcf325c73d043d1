#include "dns/packet.h"

#include <string.h>

static constexpr uint16_t class_in = 1;
static constexpr size_t header_size = 12;

static void append_be16(Buf& out, uint16_t u) {
  out.push(static_cast<char>(u >> 8));
  out.push(static_cast<char>(u & 0xff));
}
static uint16_t be16(Str s, size_t at) {
  return static_cast<uint16_t>(static_cast<unsigned char>(s[at]) << 8 | static_cast<unsigned char>(s[at + 1]));
}

void build_query(Buf& out, uint16_t id, const DnsQuestion& question, Edns edns) {
  out.clear();
  append_be16(out, id);
  append_be16(out, 0x0100);  // recursion desired
  append_be16(out, 1);       // one question
  append_be16(out, 0);
  append_be16(out, 0);
  append_be16(out, edns == Edns::on);
  out.append(question.name.wire());
  append_be16(out, static_cast<uint16_t>(question.type));
  append_be16(out, class_in);
  if (edns == Edns::off) return;
  out.push(0);  // OPT of the root (RFC 6891 section 6.1.2): size, no flags, no options
  append_be16(out, static_cast<uint16_t>(DnsType::opt));
  append_be16(out, edns_payload);
  append_be16(out, 0);
  append_be16(out, 0);
  append_be16(out, 0);
}

namespace {
struct Header {
  uint16_t id, flags, questions, answers, authorities;
  bool is_reply() const { return flags & 0x8000; }
  unsigned opcode() const { return flags >> 11 & 15; }
  bool authoritative() const { return flags & 0x0400; }
  bool truncated() const { return flags & 0x0200; }
  bool recursive() const { return flags & 0x0080; }
  unsigned rcode() const { return flags & 15; }
};
enum Rcode : unsigned { no_error = 0, format_error = 1, name_error = 3, not_implemented = 4 };

// A record as it stands in the packet: its data is packet[data, data + size).
struct Raw {
  DnsName owner;
  uint16_t type, klass;
  size_t data, size;
};
}  // namespace

static std::optional<Header> read_header(Str p) {
  if (p.size() < header_size) return {};
  return Header{be16(p, 0), be16(p, 2), be16(p, 4), be16(p, 6), be16(p, 8)};
}

static std::optional<Raw> read_raw(Str packet, size_t& at) {
  auto owner = DnsName::read(packet, at);
  if (!owner || packet.size() - at < 10) return {};
  Raw raw{*owner, be16(packet, at), be16(packet, at + 2), at + 10, be16(packet, at + 8)};
  if (packet.size() - raw.data < raw.size) return {};
  at = raw.data + raw.size;
  return raw;
}

// A name that must fill the data of the record from offset at to its end.
static bool read_name(Str packet, const Raw& raw, size_t at, DnsName& out) {
  auto name = DnsName::read(packet, at);
  if (!name || at != raw.data + raw.size) return false;
  out = *name;
  return true;
}

static bool read_text(Str data, Buf& out) {
  while (!data.empty()) {
    size_t n = static_cast<unsigned char>(data[0]);
    if (data.size() - 1 < n) return false;
    out.append(slice(data, 1, n));
    data = slice(data, 1 + n);
  }
  return true;
}

static bool read_ip(Str data, Ip::Family family, Ip& out) {
  out = Ip::any(family);
  if (data.size() != out.size()) return false;
  memcpy(out.bytes.data(), data.data(), data.size());
  // A v4-mapped v6 address would hide that it is one of ours: as v4 it does not.
  Buf text;
  out.append_to(text);
  if (auto plain = Ip::parse(text)) out = *plain;
  return true;
}

// The data of a record of the given type; nothing when it is broken.
static std::optional<DnsRecord> read_record(Str packet, const Raw& raw) {
  DnsRecord r;
  Str data = slice(packet, raw.data, raw.size);
  bool good = false;
  switch (static_cast<DnsType>(raw.type)) {
    case DnsType::a: good = read_ip(data, Ip::Family::v4, r.ip); break;
    case DnsType::aaaa: good = read_ip(data, Ip::Family::v6, r.ip); break;
    case DnsType::ptr:
    case DnsType::cname: good = read_name(packet, raw, raw.data, r.name); break;
    case DnsType::mx:
      if (raw.size < 3) return {};
      r.preference = be16(data, 0);
      good = read_name(packet, raw, raw.data + 2, r.name);
      break;
    case DnsType::txt: good = read_text(data, r.data); break;
    default: r.data.append(data); good = true;
  }
  if (!good) return {};
  return r;
}

static bool matches(const Raw& raw, const DnsName& owner, DnsType type) {
  return raw.klass == class_in && raw.type == static_cast<uint16_t>(type) && raw.owner == owner;
}

// Follows name through the aliases in the section of n records at offset at,
// whatever their order. A loop ends because every alias is followed only once.
static bool follow_aliases(Str packet, size_t start, unsigned n, DnsName& name) {
  constexpr int most = 16;
  for (int steps = 0; steps < most; ++steps) {
    bool moved = false;
    size_t at = start;
    for (unsigned i = 0; i < n && !moved; ++i) {
      auto raw = read_raw(packet, at);
      if (!raw) return false;
      if (!matches(*raw, name, DnsType::cname)) continue;
      if (!read_name(packet, *raw, raw->data, name)) return false;
      moved = true;
    }
    if (!moved) return true;
  }
  return false;
}

static bool has_soa(Str packet, size_t at, unsigned n) {
  for (unsigned i = 0; i < n; ++i) {
    auto raw = read_raw(packet, at);
    if (!raw) return false;
    if (raw->klass == class_in && raw->type == static_cast<uint16_t>(DnsType::soa)) return true;
  }
  return false;
}

static bool read_records(Str packet, size_t& at, unsigned n, const DnsQuestion& wanted, std::vector<DnsRecord>& out) {
  for (unsigned i = 0; i < n; ++i) {
    auto raw = read_raw(packet, at);
    if (!raw) return false;
    if (!matches(*raw, wanted.name, wanted.type)) continue;
    auto record = read_record(packet, *raw);
    if (!record) return false;
    out.push_back(std::move(*record));
  }
  return true;
}

DnsAnswer read_answer(Str packet, uint16_t id, const DnsQuestion& question, std::vector<DnsRecord>& out,
                      DnsName& target) {
  auto header = read_header(packet);
  if (!header || header->id != id || !header->is_reply() || header->opcode() != 0) return DnsAnswer::not_ours;
  // A server that does not understand EDNS0 may leave out the question.
  bool strange = header->rcode() == format_error || header->rcode() == not_implemented;
  if (strange && header->questions == 0) return DnsAnswer::no_edns;
  size_t at = header_size;
  if (header->questions != 1) return DnsAnswer::not_ours;
  auto asked = DnsName::read(packet, at);
  if (!asked || packet.size() - at < 4 || !(*asked == question.name) ||
      be16(packet, at) != static_cast<uint16_t>(question.type) || be16(packet, at + 2) != class_in)
    return DnsAnswer::not_ours;
  at += 4;

  if (strange) return DnsAnswer::no_edns;
  if (header->rcode() != no_error && header->rcode() != name_error) return DnsAnswer::failed;
  if (header->truncated()) return DnsAnswer::truncated;

  DnsName name = question.name;
  if (question.type != DnsType::cname && !follow_aliases(packet, at, header->answers, name)) return DnsAnswer::failed;
  std::vector<DnsRecord> records;
  if (!read_records(packet, at, header->answers, {name, question.type}, records)) return DnsAnswer::failed;
  for (DnsRecord& r : records) out.push_back(std::move(r));
  if (!records.empty()) return DnsAnswer::found;

  // A server that has nothing and is neither responsible nor willing to look
  // elsewhere says nothing about the name: mail must not bounce for it.
  if (!header->authoritative() && !header->recursive()) return DnsAnswer::failed;
  if (header->rcode() == name_error) return DnsAnswer::no_such_name;
  if (name == question.name || has_soa(packet, at, header->authorities)) return DnsAnswer::no_data;
  target = name;
  return DnsAnswer::alias;
}
