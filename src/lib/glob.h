// Patterns as administrators type them.
#pragma once
#include "lib/str.h"

// Does all of s match? ASCII case ignored; * stands for any bytes, also none, ? for
// one byte, and a backslash takes what follows it as it is. Takes no more steps
// than the product of both lengths.
bool matches_glob(Str pattern, Str s);
