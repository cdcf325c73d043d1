#include "lib/options.h"

#include "lib/die.h"

char Options::next() {
  if (!in_ || !*in_) {
    in_ = nullptr;
    if (at_ >= argc_ || argv_[at_][0] != '-' || !argv_[at_][1]) return 0;
    in_ = argv_[at_++] + 1;
    if (Str(in_) == "-") {
      in_ = nullptr;
      return 0;
    }
  }
  char letter = *in_++;
  size_t known = letter == ':' ? Str::npos : letters_.find(letter);
  if (known == Str::npos) {
    say(2, {program, ": illegal option -- ", Str(&letter, 1), "\n"});
    return '?';
  }
  if (slice(letters_, known + 1, 1) != ":") return letter;
  value_ = *in_ ? in_ : at_ < argc_ ? argv_[at_++] : nullptr;
  in_ = nullptr;
  if (value_) return letter;
  say(2, {program, ": option requires an argument -- ", Str(&letter, 1), "\n"});
  return '?';
}
