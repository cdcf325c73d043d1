// checkpassword-cdb file program [ arg ... ] -- let a user in who is no account.
//
// As checkpassword, with the users in file, a cdb that checkpassword-mkcdb
// makes: their hashes, and the uid, gid and home that program runs with.
// Exits 1: wrong password or no such user; 2: misused; 111: it cannot be told
// now. Prints nothing, but for 111 why, on descriptor 2.
#include "lib/cdb.h"
#include "lib/crypt.h"
#include "lib/die.h"
#include "pop/credentials.h"
#include "pop/entry.h"
#include "pop/password.h"
#include "pop/virtual_user.h"

const char program[] = "checkpassword-cdb";

enum : int { refused = 1, misused = 2 };

int main(int argc, char** argv) {
  if (argc < 3) return misused;
  auto read = read_credentials(3);
  if (!read.ok()) {
    if (read.error().code == EFBIG) return refused;
    if (read.error().code == EPROTO) return misused;
    die_unable(temporary, {"read descriptor 3"}, read.error());
  }
  Credentials said = read.take();

  Str file = argv[1];
  Cdb users = must(Cdb::open(argv[1]), {"read ", file});
  auto record = must(users.find(said.login), {"read ", file});
  bool exists = record && !said.login.empty();
  VirtualUser user{};
  if (exists) user = must(parse_user_record(*record), {"read ", file});

  Buf fallback;  // the work for logins that there are not
  fallback.set(must(users.find(""), {"read ", file}).value_or(""));
  if (fallback.empty()) die_unable(temporary, {"read ", file}, Err{EPROTO});
  bool good = must(password_matches(said.password, user.hash, fallback, crypt), {"check the password"});
  if (!good || !exists) return refused;

  must(become(user.id), {"become ", said.login});
  die_unable(temporary, {"enter ", user.home, " and run ", Str(argv[2])},
             enter_session(said.login, user.home, user.shell, argv + 2));
}
