// forward address ... -- send a message on. In a dot-qmail file: |forward address
// Reads the message from descriptor 0, $NEWSENDER and $DTLINE from the environment;
// says "forward: qp PID" on descriptor 2. Exits 100 or 111 when it is not queued.
#include <signal.h>

#include <vector>

#include "lib/die.h"
#include "lib/env.h"
#include "mail/forwarding.h"

const char program[] = "forward";

int main(int argc, char** argv) {
  auto sender = env("NEWSENDER");
  if (!sender) die(permanent, {"NEWSENDER not set"});
  auto first_line = env("DTLINE");
  if (!first_line) die(permanent, {"DTLINE not set"});
  std::vector<Str> recipients(argv + 1, argv + argc);

  signal(SIGPIPE, SIG_IGN);
  QueueClient queue{};
  Str failure = must(forward_message(queue, 0, *first_line, *sender, recipients), {"fork"});
  if (!failure.empty()) die(failure[0] == 'D' ? permanent : temporary, {slice(failure, 1)});
  say(2, {"forward: qp ", Num(static_cast<uint64_t>(queue.pid())), "\n"});
}
