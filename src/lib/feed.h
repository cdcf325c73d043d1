// Running a program with something in front of what it reads.
#pragma once
#include <span>

#include "lib/str.h"

// As if this program became command, with the texts of front and then our
// descriptor 0 on descriptor 0: exits as it does. A command that does not read to
// the end is content with less. Dies: command cannot be run (100, or 111 when
// that may pass), it was killed (111), descriptor 0 cannot be read (111).
[[noreturn]] void run_fed(const char* const* command, std::span<const Str> front);
