// Texts that were seen before.
#pragma once
#include <vector>

#include "lib/buf.h"

class TextSet {
 public:
  // False: it is in already.
  bool add(Str);

 private:
  size_t slot_of(Str) const;  // where it is, or would be

  std::vector<Buf> texts_;
  std::vector<uint32_t> slots_;  // of an open hash: 0, or the number of a text, counted from 1
};
