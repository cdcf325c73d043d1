// How the programs that make a file end: as a value, so that the half-made file
// is taken away before the program says why.
#pragma once
#include <initializer_list>

#include "lib/buf.h"
#include "lib/die.h"

struct Outcome {
  int code = 0;  // 0: it was made
  Buf text{};
  Err err{0};
};

inline Outcome refused(int code, std::initializer_list<Str> parts) {
  Outcome o{code};
  for (Str s : parts) o.text.append(s);
  return o;
}
inline Outcome unable(std::initializer_list<Str> parts, Err err) {
  Outcome o{temporary, {}, err};
  o.text.append("unable to ");
  for (Str s : parts) o.text.append(s);
  return o;
}
inline void die_unless_made(const Outcome& o) {
  if (o.code) die(o.code, {o.text}, o.err);
}

// Leaves the function with an Outcome when the Result is none.
#define TRY_TO(expr, ...)                             \
  __extension__({                                     \
    auto try_result = (expr);                         \
    if (!try_result.ok()) [[unlikely]]                \
      return unable(__VA_ARGS__, try_result.error()); \
    try_result.take();                                \
  })
