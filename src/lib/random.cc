#include "lib/random.h"

#include <sys/random.h>

#include "lib/die.h"

uint32_t random_u32() {
  uint32_t u;
  // So few bytes never come short, and wait only at boot before the pool is ready.
  while (getrandom(&u, sizeof u, 0) != static_cast<ssize_t>(sizeof u))
    if (errno != EINTR) die_unable(temporary, {"get random bytes"}, Err::last());
  return u;
}

uint32_t random_below(uint32_t n) {
  uint32_t limit = UINT32_MAX - UINT32_MAX % n;
  for (;;) {
    uint32_t u = random_u32();
    if (u < limit) return u % n;
  }
}
