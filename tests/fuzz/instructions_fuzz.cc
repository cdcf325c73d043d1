// What setforward reads. What printforward would print of it must be read again as the same.
#include "forward/instructions.h"
#include "fuzz.h"

extern const char program[];
const char program[] = "instructions_fuzz";

// False: it is refused. Both texts hold every instruction, as it is and as it is
// printed: its target once, as a long one may have many commands.
static bool read_all_of(Str text, Buf& plain, Buf& printed) {
  InstructionParser in;
  bool begun = false;
  for (char c : text) {
    auto event = in.take(c);
    hold(in.start() <= in.line());
    if (event == InstructionParser::Event::bad) return false;
    if (event == InstructionParser::Event::none) continue;
    if (!std::exchange(begun, event == InstructionParser::Event::command)) {
      plain.add(in.target(), ":\0"sv);
      append_escaped(printed, in.target());
      printed.push(':');
    }
    plain.add(in.command(), begun ? ",\0"sv : ";\0"sv);
    append_escaped(printed, in.command());
    printed.push(begun ? ',' : ';');
  }
  return in.finish() != InstructionParser::Event::bad;
}

void fuzz(Str input) {
  Buf plain, printed, again, unused;
  if (!read_all_of(input, plain, printed)) return;
  hold(read_all_of(printed, again, unused));
  hold(again.view() == plain.view());
}
