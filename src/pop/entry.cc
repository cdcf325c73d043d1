#include "pop/entry.h"

#include <stdlib.h>

#include "lib/child.h"
#include "lib/sys.h"

static Result<> set_session(const Buf& user, const Buf& home, const Buf& shell) {
  TRY(change_dir(home.c_str()));
  TRY(check(setenv("USER", user.c_str(), 1)));
  TRY(check(setenv("HOME", home.c_str(), 1)));
  return check(setenv("SHELL", shell.c_str(), 1));
}

Err enter_session(const Buf& user, const Buf& home, const Buf& shell, const char* const* argv) {
  if (auto r = set_session(user, home, shell); !r.ok()) return r.error();
  return exec_program(argv[0], argv);
}
