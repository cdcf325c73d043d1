// Lines of a dot-qmail file, and an extension that names one.
#include "fuzz.h"
#include "local/dotqmail.h"

extern const char program[];
const char program[] = "dot-qmail_fuzz";

void fuzz(Str input) {
  Str extension = slice(input, 0, input.find('\n'));
  Buf name;
  set_dot_qmail_name(name, "-", extension);
  hold(slice(name, 1).find('.') == Str::npos);  // it never climbs
  for (Str rest = input; !rest.empty();) {
    Str line = take_until(rest, '\n');
    Instruction i = parse_instruction(line);
    hold(i.text.size() <= line.size());
    hold(i.text.empty() ||
         (i.text.data() >= line.data() && i.text.data() + i.text.size() <= line.data() + line.size()));
  }
}
