// What a target of the fuzzer is: one function. fuzz_main.cc calls it with bytes of the
// fuzzer's or with files (tests/README.md).
#pragma once
#include "lib/buf.h"
#include "lib/io.h"

// Takes bytes as they could come from outside, in memory of exactly that size.
void fuzz(Str input);

// What must hold whatever comes: its loss is reported like a crash.
inline void hold(bool condition) {
  if (!condition) __builtin_trap();
}

// A Reader's and a Writer's operations on memory: input is what is still to be read.
extern Str memory_input;
ssize_t read_memory(int, char* space, size_t, const void*);
ssize_t write_nowhere(int, const char*, size_t, const void*);

// A file in memory of this content, at its start; closed by the next call.
int memory_file(Str content);
