// Damaged files: moved to bad/, never removed.
#pragma once
#include "lib/buf.h"
#include "lib/err.h"

// Moves the file name to bad/ID and what is given of an ending, under another
// number when that is taken; to is set to where it lies then. ENOENT: it is gone,
// or there is no bad/.
Result<> put_aside(const char* name, uint64_t id, Str ending, Buf& to);
