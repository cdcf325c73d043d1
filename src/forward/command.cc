#include "forward/command.h"

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/feed.h"
#include "lib/sys.h"
#include "mail/command_exit.h"

// Its exit code; nothing: a signal ended it.
static Result<std::optional<int>> run_fed_command(const char* const* argv, std::span<const Str> front) {
  Fed fed = feed_command(argv, front);
  if (fed.kind == Fed::Kind::crashed) return std::optional<int>();
  if (fed.kind != Fed::Kind::ended) return fed.why;
  return std::optional(fed.code);
}

static Result<std::optional<int>> run_plain_command(const char* const* argv) {
  pid_t pid = TRY(spawn({.file = argv[0], .argv = argv}));
  int status = TRY(wait_for(pid));
  return exit_code(status);
}

Result<CommandEnd> run_command(Str command, std::span<const Str> front) {
  Buf text;
  text.set(command);
  const char* argv[] = {"/bin/sh", "-c", text.c_str(), nullptr};
  std::optional<int> code = TRY(front.empty() ? run_plain_command(argv) : run_fed_command(argv, front));
  if (!code) return CommandEnd::crashed;
  if (*code == 0) return CommandEnd::done;
  return is_permanent_exit(*code) ? CommandEnd::permanent : CommandEnd::temporary;
}
