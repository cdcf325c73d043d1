// Commands of line protocols (SMTP, POP3): a verb, blanks, an argument.
#pragma once
#include "lib/io.h"

enum class LineEnd : uint8_t {
  crlf,        // on a network: a bare LF ends nothing
  crlf_or_lf,  // from a program on this machine
};

struct Request {
  enum class Form : uint8_t {
    good,
    too_long,        // more than longest_command bytes; all of it has been skipped
    forbidden_byte,  // a NUL, or a CR that does not end the line
    bare_lf,         // where that is not let pass: what follows cannot be trusted
  };
  Form form;
  Str verb, argument;  // of a good one: up to the first space, and behind the spaces
};

inline constexpr size_t longest_command = 4096;  // without the end of its line

// Reads the next command into line, which the result points into. Nothing: the
// input ended, perhaps inside a line. Memory is bounded whatever comes.
Result<std::optional<Request>> read_command(Reader&, Buf& line, LineEnd);

// The entry of a table whose name is verb, case ignored; null when there is none.
template <class Handler>
struct Verb {
  Str name;
  Handler handler;
};
template <class Handler, size_t n>
const Verb<Handler>* find_verb(const Verb<Handler> (&table)[n], Str verb) {
  for (const auto& entry : table)
    if (same_nocase(entry.name, verb)) return &entry;
  return nullptr;
}
