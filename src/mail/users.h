// Whose mail a local part is: the one place that knows users/cdb and asks
// qmail-getpw (doc/man/qmail-users.5).
#pragma once
#include "lib/buf.h"
#include "lib/cdb.h"
#include "lib/child.h"

// A user's account as a delivery needs it.
struct LocalUser {
  // Which rule decided.
  enum class Reason : uint8_t {
    exact,     // an = line of users/assign
    wildcard,  // a + line; matched says how much of the local part it covers
    getpw,     // no line: qmail-getpw
  };

  Reason reason = Reason::getpw;
  size_t matched = 0;
  Identity id{};
  const char *user = "", *home = "", *dash = "", *ext = "";  // inside record
  Buf record;

  // Takes user NUL uid NUL gid NUL home NUL dash NUL ext: what users/cdb holds
  // and, with a NUL behind it, what qmail-getpw says. EPROTO: it is not of that form.
  static Result<LocalUser> parse(Buf record, Reason);
};

// Looks local up in an open users/cdb. Nothing: no line covers it. EPROTO: the
// file is damaged. local holds no NUL.
Result<std::optional<LocalUser>> find_user(Cdb&, Str local);

// The same in users/cdb of the root dir, which need not exist.
Result<std::optional<LocalUser>> find_user(int dir, Str local);

// Asks bin/qmail-getpw, below the working directory, run as who. Waits for it.
struct Getpw {
  int exit;  // 0: user is set; else its exit code
  std::optional<LocalUser> user;
};
Result<Getpw> ask_getpw(const char* local, Identity who);

// Keys of users/cdb. set_user_key makes the key that covers exactly local; cut by
// its last byte it is the one of a prefix.
void set_user_key(Buf&, Str local);
