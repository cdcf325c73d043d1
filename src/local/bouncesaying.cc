// bouncesaying error [ program [ arg ... ] ] -- bounce a message for a reason of
// one's own. In a dot-qmail file: |bouncesaying 'This list is closed.'
// program, if there is one, reads the message on descriptor 0. None, or it exits
// 0: error is said on descriptor 2, and we exit 100; 111: so do we; else: we exit 0.
#include "lib/die.h"
#include "local/judge.h"
#include "mail/forwarding.h"

const char program[] = "bouncesaying";

int main(int argc, char** argv) {
  if (argc < 2) die_usage("bouncesaying error [ program [ arg ... ] ]");
  Judgement found = argc > 2 ? judge(argv + 2) : Judgement{Judgement::Kind::yes};
  switch (found.kind) {
    case Judgement::Kind::yes: break;
    case Judgement::Kind::no: (void)rewind_message(); return 0;  // for what else the line runs; a pipe cannot be
    case Judgement::Kind::trouble: die(temporary, {found.trouble}, found.why);
  }
  say(2, {argv[1], "\n"});
  return permanent;
}
