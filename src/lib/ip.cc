#include "lib/ip.h"

#include <arpa/inet.h>
#include <string.h>

std::optional<Ip> Ip::parse(Str s) {
  char text[INET6_ADDRSTRLEN];  // inet_pton wants a NUL; longer text is no address
  if (s.empty() || s.size() >= sizeof text || s.find('\0') != Str::npos) return {};
  memcpy(text, s.data(), s.size());
  text[s.size()] = 0;
  Ip ip;
  if (inet_pton(AF_INET, text, ip.bytes.data()) == 1) return ip;
  ip.bytes = {};
  if (inet_pton(AF_INET6, text, ip.bytes.data()) != 1) return {};
  static constexpr uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (memcmp(ip.bytes.data(), mapped, sizeof mapped) == 0) {
    Ip v4;
    memcpy(v4.bytes.data(), ip.bytes.data() + sizeof mapped, 4);
    return v4;
  }
  ip.family = Family::v6;
  return ip;
}

Ip Ip::any(Family family) {
  Ip ip;
  ip.family = family;
  return ip;
}

Ip Ip::loopback(Family family) {
  Ip ip = any(family);
  if (family == Family::v6)
    ip.bytes[15] = 1;
  else
    ip.bytes = {127, 0, 0, 1};
  return ip;
}

bool Ip::is_any() const { return bytes == std::array<uint8_t, 16>{}; }

void Ip::append_to(Buf& out) const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family == Family::v4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  out.append(Str(text));
}

bool in_prefix(const Ip& ip, const Ip& base, unsigned bits) {
  if (ip.family != base.family || bits > ip.size() * 8) return false;
  size_t whole = bits / 8;
  if (memcmp(ip.bytes.data(), base.bytes.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  auto mask = static_cast<uint8_t>(0xff << (8 - bits % 8));
  return (ip.bytes[whole] & mask) == (base.bytes[whole] & mask);
}
