#include "local/judge.h"

#include "lib/child.h"
#include "lib/die.h"

static Judgement trouble(Str text, Err why = {0}) { return {Judgement::Kind::trouble, text, why}; }
static Judgement child_error() { return trouble("temporary child error"); }

Judgement judge(const char* const* command) {
  auto started = spawn({.file = command[0], .argv = command});
  if (!started.ok()) {
    // The first two are fork's; others come from running the program.
    Err why = started.error();
    if (why.code == EAGAIN || why.code == ENOMEM) return trouble("unable to fork", why);
    return is_temporary(why) ? child_error() : Judgement{Judgement::Kind::no};
  }
  auto ended = wait_for(started.take());
  if (!ended.ok()) return trouble("wait failed");
  auto code = exit_code(ended.take());
  if (!code) return trouble("child crashed");
  if (*code == temporary) return child_error();
  return {*code == 0 ? Judgement::Kind::yes : Judgement::Kind::no};
}
