#include "lib/checksum.h"

#include <array>

// Eight tables, so that eight bytes are taken at a time: table[k][b] is the
// effect of byte b with k zero bytes behind it.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

static constexpr Tables make_tables() {
  Tables t{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t c = b;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ (c & 1 ? 0x82f63b78u : 0);
    t[0][b] = c;
  }
  for (uint32_t b = 0; b < 256; ++b)
    for (size_t k = 1; k < 8; ++k) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xff];
  return t;
}
static constexpr Tables table = make_tables();

uint32_t crc32c(uint32_t so_far, Str s) {
  uint32_t c = ~so_far;
  auto* p = reinterpret_cast<const uint8_t*>(s.data());
  size_t n = s.size();
  for (; n >= 8; n -= 8, p += 8) {
    c ^= uint32_t{p[0]} | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24;
    c = table[7][c & 0xff] ^ table[6][c >> 8 & 0xff] ^ table[5][c >> 16 & 0xff] ^ table[4][c >> 24] ^ table[3][p[4]] ^
        table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
  }
  for (; n; --n) c = c >> 8 ^ table[0][(c ^ *p++) & 0xff];
  return ~c;
}
