// Lines of tcprules, and the instructions of a rule as tcpserver reads them.
#include "fuzz.h"
#include "tcp/rule_line.h"
#include "tcp/rules.h"

extern const char program[];
const char program[] = "tcprules_fuzz";

static void read_instructions(Str data) {
  while (auto i = take_instruction(data)) hold(i->variable.find('\0') == Str::npos);
}

void fuzz(Str input) {
  read_instructions(input);
  RuleLine rule;
  for (Str rest = input; !rest.empty();) {
    Str why;
    LineKind kind = parse_rule_line(take_until(rest, '\n'), rule, why);
    hold(kind != LineKind::bad || !why.empty());
    if (kind == LineKind::rule) read_instructions(rule.data);
  }
}
