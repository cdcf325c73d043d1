// Running a program with something in front of what it reads.
#pragma once
#include <span>

#include "lib/err.h"
#include "lib/str.h"

// What became of it.
struct Fed {
  enum class Kind : uint8_t {
    ended,     // with exit code code
    no_start,  // command cannot be run: why
    no_input,  // descriptor 0 cannot be read: why; it was killed, so that it takes no part for the whole
    no_pipe,   // nor waited for: why
    crashed,   // a signal killed it
  };
  Kind kind;
  int code = 0;
  Err why{0};
};

// Runs command with the texts of front and then our descriptor 0 on descriptor 0.
// A command that does not read to the end is content with less.
Fed feed_command(const char* const* command, std::span<const Str> front);

// The same as if this program became command: exits as it does. Dies with 100 when
// it cannot be run, with 111 when that may pass, or for any other trouble.
[[noreturn]] void run_fed(const char* const* command, std::span<const Str> front);
