// Just enough to say what went wrong and where.
#pragma once
#include "lib/buf.h"
#include "lib/die.h"

[[gnu::used]] inline const char program[] = "unit";
inline int failures = 0;

inline void check_eq(Str got, Str want, const char* file, int line) {
  if (got == want) return;
  warn({file, ":", Num(static_cast<uint64_t>(line)), ": got \"", got, "\", want \"", want, "\""});
  ++failures;
}
inline void check(bool ok, const char* what, const char* file, int line) {
  if (!ok) check_eq("false", what, file, line);
}
#define CHECK(x) check((x), #x, __FILE__, __LINE__)
#define CHECK_EQ(got, want) check_eq((got), (want), __FILE__, __LINE__)
