// The logical lines of /etc/aliases.
#pragma once
#include "lib/str.h"

class AliasLines {
 public:
  explicit AliasLines(Str text) : rest_(text) {}

  // The next line, with its continuations: lines that are empty or begin with a
  // blank. Comments are left out, with theirs. False: there is none.
  bool next(Str& line);

  uint64_t number() const { return start_; }  // of the line's first that is not empty

 private:
  Str rest_;
  uint64_t number_ = 1, start_ = 0;
};
