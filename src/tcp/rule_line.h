// One line of rules in text, and the records it stands for: tcprules(1) states
// the syntax.
#pragma once
#include <vector>

#include "lib/buf.h"

struct RuleLine {
  std::vector<Buf> keys;  // several, or none, for a range of numbers
  Buf data;               // instructions, as take_instruction reads them
};

enum class LineKind {
  rule,
  nothing,   // empty, or a comment
  no_colon,  // has always been passed over, though it is hardly meant so
  bad,       // why says what is wrong
};

// line is without its line feed. why is set to a text of ours.
LineKind parse_rule_line(Str line, RuleLine& out, Str& why);
