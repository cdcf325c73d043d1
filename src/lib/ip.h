// IP addresses of both families, as values without I/O.
#pragma once
#include <array>

#include "lib/buf.h"

struct Ip {
  enum class Family : uint8_t { v4, v6 };
  Family family = Family::v4;
  std::array<uint8_t, 16> bytes{};  // v4 uses the first four, the rest is zero
  uint32_t scope = 0;               // interface of a link-local v6 address, 0: none

  // Dotted decimal, or the forms of RFC 4291 section 2.2; nothing around it.
  // A v4-mapped v6 address (::ffff:a.b.c.d) becomes the v4 address.
  static std::optional<Ip> parse(Str);
  static Ip any(Family);
  static Ip loopback(Family);

  size_t size() const { return family == Family::v4 ? 4 : 16; }
  bool is_any() const;
  void append_to(Buf&) const;  // RFC 5952: as short as can be
  bool operator==(const Ip& other) const { return family == other.family && bytes == other.bytes; }
};

// Is ip inside base/bits? Families must be the same.
bool in_prefix(const Ip& ip, const Ip& base, unsigned bits);
