// qmail-getpw local -- which account of the system's a local part belongs to.
// Writes user NUL uid NUL gid NUL home NUL dash NUL ext NUL to descriptor 1.
// Exits 100: no argument; 111: cannot write; 115: a home cannot be looked at now;
// 116: there is no alias user; 118: the accounts cannot be read now.
#include "conf.h"
#include "lib/die.h"
#include "lib/io.h"
#include "lib/nss.h"
#include "lib/sys.h"

const char program[] = "qmail-getpw";

enum : int { home_unknown = 115, no_alias = 116, accounts_unknown = 118 };
static constexpr size_t longest_name = 31;
static constexpr const char* users[] = CONF_USERS;

static void say_code(int code, Str what, Str name, Err err) { die_unable(code, {what, name}, err); }

// The account, or nothing: an account data base that does not answer now must
// not look like one without that name.
static const passwd* account(const char* name) {
  errno = 0;
  const passwd* pw = getpwnam(name);
  Err err = Err::last();
  if (!pw && (is_temporary(err) || err.code == ECONNREFUSED)) say_code(accounts_unknown, "look up ", name, err);
  return pw;
}

// Accounts get mail unless they are root's or their home is missing or somebody else's.
static const passwd* mail_account(const char* name) {
  const passwd* pw = account(name);
  if (!pw || pw->pw_uid == 0) return nullptr;
  auto st = stat_of(pw->pw_dir);
  if (!st.ok() && is_temporary(st.error())) say_code(home_unknown, "stat ", pw->pw_dir, st.error());
  if (!st.ok() || st.take().st_uid != pw->pw_uid) return nullptr;
  return pw;
}

[[noreturn]] static void answer(const passwd& pw, Str dash, Str ext) {
  Buf out;
  out.add(Str(pw.pw_name), "\0"sv, Num(pw.pw_uid), "\0"sv, Num(pw.pw_gid), "\0"sv, Str(pw.pw_dir), "\0"sv);
  out.add(dash, "\0"sv, ext, "\0"sv);
  must(write_all(1, out), {"write"});
  _exit(0);
}

int main(int argc, char** argv) {
  if (argc < 2) die_usage("qmail-getpw local");
  Str local = argv[1];

  // All of local, then what stands in front of each break, the longest first.
  Buf name;
  for (size_t n = local.size();;) {
    if (n > 0 && n <= longest_name) {
      name.clear();
      for (char c : slice(local, 0, n)) name.push(lower(c));
      if (const passwd* pw = mail_account(name.c_str())) answer(*pw, n == local.size() ? "" : "-", slice(local, n + 1));
    }
    n = slice(local, 0, n).rfind(CONF_BREAK);
    if (n == Str::npos) break;
  }

  const passwd* alias = account(users[0]);
  if (!alias) die(no_alias, {"there is no user ", users[0]});
  answer(*alias, "-", local);
}
