// Programs that decide by their exit code what becomes of a message: those of
// condredirect, except and bouncesaying.
#pragma once
#include "lib/err.h"

struct Judgement {
  enum class Kind : uint8_t {
    yes,      // it exited 0
    no,       // it exited otherwise, or is no program
    trouble,  // neither can be said now
  };
  Kind kind;
  Str trouble{};  // what to say of it
  Err why{0};
};

// Runs command with the message as it stands on descriptor 0, and waits.
Judgement judge(const char* const* command);
