// A message as POP3 sends it (RFC 1939 section 3): lines end with CR LF, a dot
// at the beginning of one is doubled.
#pragma once
#include "lib/io.h"

class MessageText {
 public:
  // body_lines: how many lines behind the header's empty line; nothing: all.
  MessageText(Writer& out, std::optional<uint64_t> body_lines) : out_(out), left_(body_lines) {}

  // The next bytes of the file. False: no more are wanted.
  Result<bool> put(Str);

  // The end: an unterminated line gets its end; then, as qmail does, an empty
  // line, and the dot.
  Result<> end();

 private:
  Writer& out_;
  std::optional<uint64_t> left_;
  bool in_header_ = true, at_start_ = true, is_empty_ = true;
};
