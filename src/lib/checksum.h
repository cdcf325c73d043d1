// CRC-32C (Castagnoli; RFC 3720 section 12.1): finds every damage that a disk or
// a copy does to a few neighbouring bytes. It is no protection against intent.
#pragma once
#include <cstdint>

#include "lib/str.h"

// Over several pieces: crc32c(crc32c(0, a), b) is the checksum of a followed by b.
uint32_t crc32c(uint32_t so_far, Str);
