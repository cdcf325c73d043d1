// How programs fail: one line on descriptor 2, then an exit code that callers can act upon.
#pragma once
#include <initializer_list>

#include "lib/err.h"
#include "lib/str.h"

extern const char program[];  // every program defines its own name

enum : int { permanent = 100, temporary = 111 };

// One write to fd, so that lines of programs sharing a descriptor stay whole.
// What does not fit into 4 kB is cut; errors are ignored.
void say(int fd, std::initializer_list<Str> parts);

void warn(std::initializer_list<Str> parts, Err = {0});                        // "program: warning: parts: why"
[[noreturn]] void die(int code, std::initializer_list<Str> parts, Err = {0});  // "program: fatal: parts: why"
[[noreturn]] void die_unable(int code, std::initializer_list<Str> parts,
                             Err);          // "program: fatal: unable to parts: why"
[[noreturn]] void die_usage(Str synopsis);  // "program: usage: synopsis", exit 100
[[noreturn]] void out_of_memory();          // temporary, unless another end was named
void at_out_of_memory(void (*end)());       // which must not return, nor allocate

// Value of a Result, or die: "program: fatal: unable to <parts>: <why>".
template <class T>
T must(Result<T> r, std::initializer_list<Str> parts, int code = temporary) {
  if (!r.ok()) [[unlikely]]
    die_unable(code, parts, r.error());
  return r.take();
}
