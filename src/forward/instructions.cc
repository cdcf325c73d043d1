#include "forward/instructions.h"

using Event = InstructionParser::Event;

Event InstructionParser::refuse(Str why) {
  why_ = why;
  return Event::bad;
}

Event InstructionParser::add(char c) {
  if (in_commands_) {
    command_.push(c);
    return Event::none;
  }
  if (target_.empty()) start_ = line_;
  target_.push(lower(c));
  return Event::none;
}

Event InstructionParser::take(char c) {
  if (std::exchange(ended_, false)) {
    command_.clear();
    if (!in_commands_) target_.clear();
  }
  if (c == '\n') ++line_;
  if (escape_ == Escape::comment) {
    if (c == '\n') escape_ = Escape::none;
    return Event::none;
  }
  if (c == '\0') return refuse("NUL bytes are not permitted");
  if (std::exchange(escape_, Escape::none) == Escape::backslash) return add(c);

  switch (c) {
    case '#': escape_ = Escape::comment; return Event::none;
    case '\\': escape_ = Escape::backslash; return Event::none;
    case ' ':
    case '\t':
    case '\n': return Event::none;
    case ':':
      if (in_commands_) return refuse("double colons are not permitted");
      if (target_.empty()) start_ = line_;
      in_commands_ = true;
      return Event::none;
    case ',':
    case ';':
      if (!in_commands_) return refuse("commas are not permitted before colons");
      ended_ = true;
      in_commands_ = c == ',';
      return in_commands_ ? Event::command : Event::last;
    default: return add(c);
  }
}

Event InstructionParser::finish() {
  bool complete = ended_ ? !in_commands_ : !in_commands_ && target_.empty();
  return complete ? Event::none : refuse("final instruction must end with semicolon");
}

void append_escaped(Buf& out, Str s) {
  for (char c : s) {
    // Bytes above 127, too: they need none, but always had one.
    if (static_cast<signed char>(c) <= ' ' || ",:;\\#"sv.find(c) != Str::npos) out.push('\\');
    out.push(c);
  }
}
