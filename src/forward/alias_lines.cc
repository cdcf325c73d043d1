#include "forward/alias_lines.h"

bool AliasLines::next(Str& line) {
  while (!rest_.empty()) {
    Str from = rest_;
    start_ = 0;
    do {
      if (!start_ && rest_[0] != '\n') start_ = number_;
      take_until(rest_, '\n');
      ++number_;
    } while (!rest_.empty() && (rest_[0] == '\n' || is_blank(rest_[0])));
    line = slice(from, 0, from.size() - rest_.size());
    if (line[0] != '#') return true;
  }
  return false;
}
