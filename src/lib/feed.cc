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

Fed feed_command(const char* const* command, std::span<const Str> front) {
  signal(SIGPIPE, SIG_IGN);
  auto made = make_pipe();
  if (!made.ok()) return {Fed::Kind::no_pipe, 0, made.error()};
  Pipe pipe = made.take();
  FdMove input[] = {{pipe.read.get(), 0}};
  auto started = spawn({.file = command[0], .argv = command, .fds = input});
  if (!started.ok()) return {Fed::Kind::no_start, 0, started.error()};
  pid_t pid = started.take();
  pipe.read.close();

  if (auto fed = feed(pipe.write.get(), front); !fed.ok()) {
    // Before its input ends, so that it cannot take a part for the whole.
    kill(pid, SIGKILL);
    return {Fed::Kind::no_input, 0, fed.error()};
  }
  pipe.write.close();
  auto status = wait_for(pid);
  if (!status.ok()) return {Fed::Kind::no_pipe, 0, status.error()};
  auto code = exit_code(status.take());
  if (!code) return {Fed::Kind::crashed};
  return {Fed::Kind::ended, *code};
}

void run_fed(const char* const* command, std::span<const Str> front) {
  Fed fed = feed_command(command, front);
  switch (fed.kind) {
    case Fed::Kind::ended: _exit(fed.code);
    case Fed::Kind::no_start: die_unable(is_temporary(fed.why) ? temporary : permanent, {"run ", command[0]}, fed.why);
    case Fed::Kind::no_input: die_unable(temporary, {"read input"}, fed.why);
    case Fed::Kind::no_pipe: die_unable(temporary, {"make or await a child"}, fed.why);
    case Fed::Kind::crashed: die(temporary, {"child crashed"});
  }
  __builtin_unreachable();
}
