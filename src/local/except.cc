// except program [ arg ... ] -- turn a program's answer round. In a dot-qmail
// file: |except grep -q '^X-Password:'
// program reads the message on descriptor 0. It exits 0: we exit 100, the mail
// bounces; 111: so do we; else: we exit 0.
#include "lib/die.h"
#include "local/judge.h"
#include "mail/forwarding.h"

const char program[] = "except";

int main(int argc, char** argv) {
  if (argc < 2) die_usage("except program [ arg ... ]");
  Judgement found = judge(argv + 1);
  if (found.kind == Judgement::Kind::trouble) die(temporary, {found.trouble}, found.why);
  (void)rewind_message();  // for what else the line runs; a pipe cannot be
  return found.kind == Judgement::Kind::yes ? permanent : 0;
}
