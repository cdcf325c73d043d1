// .forward, /etc/aliases and :include: files.
#include "forward/alias_lines.h"
#include "forward/entries.h"
#include "fuzz.h"

extern const char program[];
const char program[] = "forward_fuzz";

static void read_line(Str line) {
  static const AddressRules rules = AddressRules::make("dh", "dd.test", "pd.test").take();
  auto entries = parse_entries(line, rules);
  if (!entries) return;
  for (const Entry& e : *entries) {
    hold(e.text.view().find_first_of("\0\n"sv) == Str::npos || e.kind == Entry::Kind::nothing);
    if (e.kind == Entry::Kind::address) hold(!e.full.view().starts_with('@') && e.full.view().find('@') != Str::npos);
  }
}

void fuzz(Str input) {
  for (Str rest = input; !rest.empty();) read_line(take_until(rest, '\n'));
  AliasLines lines(input);
  uint64_t last = 0;
  for (Str line; lines.next(line);) {
    hold(!line.empty() && lines.number() >= last);
    last = lines.number();
    read_line(line);
  }
}
