// Running the commands of .forward files and aliases.
#pragma once
#include <span>

#include "lib/err.h"

enum class CommandEnd : uint8_t {
  done,
  temporary,  // it failed, and may succeed later
  permanent,  // it failed, and will again
  crashed,    // a signal ended it
};

// Runs command with /bin/sh, reading front and then the message on descriptor 0
// from its position on; it need not read all of it. An Err: it cannot be run now,
// or the message cannot be read.
Result<CommandEnd> run_command(Str command, std::span<const Str> front);
