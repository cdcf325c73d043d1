// checkpassword program [ arg ... ] -- let an account of the system in.
//
// Reads `LOGIN NUL PASSWORD NUL TIMESTAMP NUL` on descriptor 3, to its end.
// If that is the password of the account, runs program as that account: its uid
// and groups, its home as the working directory, USER, HOME and SHELL.
// Exits 1: it is not, or the account is locked, over or unknown; 2: misused;
// 111: it cannot be told now. Prints nothing, but for 111 why, on descriptor 2.
#include <shadow.h>

#include "lib/child.h"
#include "lib/crypt.h"
#include "lib/die.h"
#include "lib/nss.h"
#include "lib/sys.h"
#include "lib/time.h"
#include "pop/credentials.h"
#include "pop/entry.h"
#include "pop/password.h"

const char program[] = "checkpassword";

enum : int { refused = 1, misused = 2 };

namespace {
struct Account {
  Buf name, home, shell, hash;
  Identity id{};
  bool exists = false, expired = false;
  bool in_passwd = false;  // the hash, as of old
};
}  // namespace

// A data base that does not answer now must not look like one without that name.
static bool is_trouble(Err err) { return is_temporary(err) || err.code == ECONNREFUSED || err.code == EACCES; }

static Account find_account(const char* login) {
  Account a;
  errno = 0;
  const passwd* pw = getpwnam(login);
  if (!pw && is_trouble(Err::last())) die_unable(temporary, {"look up the account"}, Err::last());
  if (pw) {
    a.exists = true;
    a.name.set(Str(pw->pw_name));
    a.home.set(Str(pw->pw_dir));
    a.shell.set(*pw->pw_shell ? Str(pw->pw_shell) : "/bin/sh"sv);
    a.hash.set(Str(pw->pw_passwd));
    a.in_passwd = a.hash.view() != "x";
    a.id = {pw->pw_uid, pw->pw_gid};
  }

  // Also for a login that there is not: it shall take as long.
  errno = 0;
  const spwd* shadow = getspnam(login);
  if (!shadow && !a.in_passwd && is_trouble(Err::last())) die_unable(temporary, {"look up the password"}, Err::last());
  if (!a.in_passwd) a.hash.set(shadow && a.exists ? Str(shadow->sp_pwdp) : Str());
  if (shadow) a.expired = has_expired({shadow->sp_lstchg, shadow->sp_max, shadow->sp_expire}, now_seconds() / 86400);
  return a;
}

// The hash of the first account that has one: the work for logins without. Looked
// for whatever the login is. False: there are no shadow passwords for us.
static bool set_fallback(Buf& fallback) {
  bool any = false;
  setspent();
  while (const spwd* shadow = getspent()) {
    any = true;
    if (!is_unlocked(shadow->sp_pwdp)) continue;
    fallback.set(Str(shadow->sp_pwdp));
    break;
  }
  endspent();
  if (!fallback.empty()) return any;
  const char* setting = crypt_gensalt(nullptr, 0, nullptr, 0);
  if (!setting) die_unable(temporary, {"make a setting for crypt"}, Err::last());
  fallback.set(Str(setting));
  return any;
}

static Result<> become_account(const Account& a) {
  if (geteuid() != 0) return become(a.id);  // one's own account alone
  TRY(check(initgroups(a.name.c_str(), a.id.gid)));
  TRY(check(setgid(a.id.gid)));
  return check(setuid(a.id.uid));
}

int main(int argc, char** argv) {
  if (argc < 2) return misused;
  auto read = read_credentials(3);
  if (!read.ok()) {
    if (read.error().code == EFBIG) return refused;
    if (read.error().code == EPROTO) return misused;
    die_unable(temporary, {"read descriptor 3"}, read.error());
  }
  Credentials said = read.take();

  Account account = find_account(said.login.c_str());
  Buf fallback;
  // What getspnam says of a file that one may not read depends on what else is in nsswitch.conf.
  if (!set_fallback(fallback) && geteuid() != 0 && !account.in_passwd)
    die_unable(temporary, {"look up the password"}, Err{EACCES});
  bool good = must(password_matches(said.password, account.hash, fallback, crypt), {"check the password"});
  if (!good || !account.exists || account.expired) return refused;

  must(become_account(account), {"become ", account.name});
  die_unable(temporary, {"enter ", account.home, " and run ", Str(argv[1])},
             enter_session(account.name, account.home, account.shell, argv + 1));
}
