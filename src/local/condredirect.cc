// condredirect newaddress program [ arg ... ] -- send a message on when a program
// says so. In a dot-qmail file: |condredirect other@host grep -q '^X-Urgent:'
// program reads the message on descriptor 0. It exits 0: the message goes to
// newaddress, with $DTLINE in front and from $SENDER, "condredirect: qp PID" is said
// on descriptor 2, and we exit 99, so that nothing else is delivered; 111: so do
// we; else: we exit 0. Exits 100 or 111 when the message cannot be queued.
#include <signal.h>

#include "lib/die.h"
#include "lib/env.h"
#include "local/judge.h"
#include "mail/forwarding.h"

const char program[] = "condredirect";

int main(int argc, char** argv) {
  if (argc < 3) die_usage("condredirect newaddress program [ arg ... ]");
  Judgement found = judge(argv + 2);
  if (found.kind == Judgement::Kind::trouble) die(temporary, {found.trouble}, found.why);
  if (found.kind == Judgement::Kind::no) {
    (void)rewind_message();  // for what else the line runs; a pipe cannot be
    return 0;
  }

  must(rewind_message(), {"rewind"});
  auto sender = env("SENDER");
  if (!sender) die(permanent, {"SENDER not set"});
  auto first_line = env("DTLINE");
  if (!first_line) die(permanent, {"DTLINE not set"});
  Str recipients[] = {argv[1]};

  signal(SIGPIPE, SIG_IGN);
  QueueClient queue{};
  Str failure = must(forward_message(queue, 0, *first_line, *sender, recipients), {"fork"});
  if (!failure.empty()) die(failure[0] == 'D' ? permanent : temporary, {slice(failure, 1)});
  say(2, {"condredirect: qp ", Num(static_cast<uint64_t>(queue.pid())), "\n"});
  return 99;
}
