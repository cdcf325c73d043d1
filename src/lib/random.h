// Randomness of the kernel's, for ids, ports and ties.
#pragma once
#include <cstdint>

uint32_t random_u32();
uint32_t random_below(uint32_t n);  // 0 .. n-1, every one as likely; n > 0
