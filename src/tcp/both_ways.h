// Copying in two directions at once, as it stands between a program and a
// connection.
#pragma once
#include <sys/types.h>

#include "lib/buf.h"

enum class Direction : uint8_t { in, out };  // from the connection to the program, and back

// What becomes of a piece: appends to copy what is to be written. An empty piece
// is the end of that direction.
using Pass = void (*)(Direction, Str piece, Buf& copy, const void* context);

struct Route {
  int from, to;
};

// Copies until there is no more to come out, or nobody to take it. That nothing
// more comes in, or nobody takes it, is passed on by closing in.to, and what comes
// out is still awaited. A side that takes nothing holds up its own direction alone.
void copy_both_ways(Route in, Route out, Pass, const void* context);

// Becomes the program, with a child between it and our descriptors 0 and 1 that
// hands everything to pass, with the program's pid_t as context. Dies (111) when
// that cannot be done.
[[noreturn]] void run_between(const char* const* argv, Pass);
