#include "lib/feed.h"

#include <signal.h>

#include "lib/child.h"
#include "lib/die.h"
#include "lib/io.h"
#include "lib/sys.h"

// An Err: descriptor 0 could not be read. That nobody takes any more is none.
static Result<> feed(int fd, std::span<const Str> front) {
  for (Str s : front)
    if (!write_all(fd, s).ok()) return {};
  static char space[65536];
  Reader in(0, space);
  for (;;) {
    Str text = TRY(in.peek());
    if (text.empty() || !write_all(fd, text).ok()) return {};
    in.skip(text.size());
  }
}

void run_fed(const char* const* command, std::span<const Str> front) {
  signal(SIGPIPE, SIG_IGN);
  Pipe pipe = must(make_pipe(), {"make a pipe"});
  FdMove input[] = {{pipe.read.get(), 0}};
  auto started = spawn({.file = command[0], .argv = command, .fds = input});
  if (!started.ok())
    die_unable(is_temporary(started.error()) ? temporary : permanent, {"run ", command[0]}, started.error());
  pid_t pid = started.take();
  pipe.read.close();

  if (auto fed = feed(pipe.write.get(), front); !fed.ok()) {
    // Before its input ends, so that it cannot take a part for the whole.
    kill(pid, SIGKILL);
    die_unable(temporary, {"read input"}, fed.error());
  }
  pipe.write.close();
  auto code = exit_code(must(wait_for(pid), {"wait"}));
  if (!code) die(temporary, {"child crashed"});
  _exit(*code);
}
