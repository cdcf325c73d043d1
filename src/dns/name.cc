#include "dns/name.h"

#include <string.h>

bool DnsName::append_label(Str label) {
  if (label.empty() || label.size() > 63 || size_ + 1 + label.size() > sizeof wire_) return false;
  wire_[size_ - 1] = static_cast<char>(label.size());
  memcpy(wire_ + size_, label.data(), label.size());
  size_ = static_cast<uint8_t>(size_ + 1 + label.size());
  wire_[size_ - 1] = 0;
  return true;
}

// One byte of a label, cut off text; nothing when an escape is broken.
static std::optional<char> take_byte(Str& text) {
  char c = text[0];
  text = slice(text, 1);
  if (c != '\\') return c;
  if (text.empty()) return {};
  if (text[0] < '0' || text[0] > '7') {
    c = text[0];
    text = slice(text, 1);
    return c;
  }
  if (text.size() < 3) return {};
  unsigned value = 0;
  for (char digit : slice(text, 0, 3)) {
    if (digit < '0' || digit > '7') return {};
    value = value * 8 + static_cast<unsigned>(digit - '0');
  }
  if (value > 255) return {};
  text = slice(text, 3);
  return static_cast<char>(value);
}

std::optional<DnsName> DnsName::parse(Str text) {
  DnsName name;
  if (text == ".") return name;
  while (!text.empty()) {
    char label[64];
    size_t n = 0;
    while (!text.empty() && text[0] != '.') {
      auto c = take_byte(text);
      if (!c || n == sizeof label) return {};
      label[n++] = *c;
    }
    if (!name.append_label({label, n})) return {};
    text = slice(text, 1);
  }
  return name;
}

void DnsName::append_reversed(Buf& out, const Ip& ip) {
  static constexpr char hex[] = "0123456789abcdef";
  for (size_t i = ip.size(); i > 0; --i) {
    uint8_t byte = ip.bytes[i - 1];
    if (ip.family == Ip::Family::v4)
      out.add(Num(byte), ".");
    else
      out.add(Str(&hex[byte & 15], 1), ".", Str(&hex[byte >> 4], 1), ".");
  }
}

DnsName DnsName::reverse(const Ip& ip) {
  Buf text;
  append_reversed(text, ip);
  text.append(ip.family == Ip::Family::v4 ? "in-addr.arpa" : "ip6.arpa");
  return *parse(text);
}

std::optional<DnsName> DnsName::read(Str packet, size_t& at) {
  DnsName name;
  size_t here = at, end = 0;  // end: behind the first pointer, once there was one
  size_t lowest = at;         // pointers must go below it, so they come to an end
  for (int steps = 0; steps < 256; ++steps) {
    if (here >= packet.size()) return {};
    auto length = static_cast<unsigned char>(packet[here]);
    if (length >= 0xc0) {
      if (here + 1 >= packet.size()) return {};
      size_t target = static_cast<size_t>(length & 0x3f) << 8 | static_cast<unsigned char>(packet[here + 1]);
      if (!end) end = here + 2;
      if (target >= lowest) return {};
      here = lowest = target;
      continue;
    }
    if (length > 63) return {};  // kinds of labels that nobody uses
    if (length == 0) {
      at = end ? end : here + 1;
      return name;
    }
    if (packet.size() - here - 1 < length || !name.append_label(slice(packet, here + 1, length))) return {};
    here += 1 + size_t{length};
  }
  return {};  // a name has no more than 127 labels, and one pointer each
}

void DnsName::append_to(Buf& out) const {
  if (is_root()) return out.append(".");
  for (size_t at = 0; wire_[at]; at += 1 + static_cast<size_t>(wire_[at])) {
    if (at) out.push('.');
    for (char c : slice(wire(), at + 1, static_cast<size_t>(wire_[at]))) {
      c = lower(c);
      if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_') {
        out.push(c);
        continue;
      }
      auto u = static_cast<unsigned char>(c);
      const char octal[] = {'\\', static_cast<char>('0' + (u >> 6)), static_cast<char>('0' + (u >> 3 & 7)),
                            static_cast<char>('0' + (u & 7))};
      out.append({octal, sizeof octal});
    }
  }
}

// Lengths of labels are below 64 and so no letters: the whole may be compared.
bool DnsName::operator==(const DnsName& other) const { return same_nocase(wire(), other.wire()); }
