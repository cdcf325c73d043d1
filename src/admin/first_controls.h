// The first control files of a host, made from its name.
#pragma once
#include <array>

#include "lib/buf.h"
#include "lib/err.h"

struct FirstControl {
  const char* file;  // control/...
  Str value;         // part of the name
};

// Letters, digits, dots, hyphens and underscores: what can stand in a control file
// as a host. It begins with no dot, nor with a hyphen, as options do. No check of
// what DNS would allow.
bool can_be_host(Str name);

// me: the name; defaultdomain: without its first label; plusdomain: its last two
// labels. A name of two labels or one stays whole in all of them.
std::array<FirstControl, 3> first_controls(Str name);

// Writes a control file of one line, or of these lines.
Result<> write_control(const char* file, Str text);

// Adds a line to a control file, unless it is there already.
Result<> add_to_control(const char* file, Str line);

Result<> copy_control(const char* from, const char* to);
