#include "lib/glob.h"

// Whatever the last star took, an earlier one need never take more: going back to
// the last one is enough.
bool matches_glob(Str pattern, Str s) {
  size_t p = 0, at = 0, star = Str::npos, star_at = 0;
  while (at < s.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_at = at;
      continue;
    }
    bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    bool fits = p < pattern.size() && (escaped ? lower(pattern[p + 1]) == lower(s[at])
                                               : pattern[p] == '?' || lower(pattern[p]) == lower(s[at]));
    if (fits) {
      p += escaped ? 2 : 1;
      ++at;
    } else if (star != Str::npos) {
      p = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}
