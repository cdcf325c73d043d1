// Lines of /etc/passwd and of users/mailnames, users/subusers (doc/man/qmail-pw2u.8).
#pragma once
#include "lib/str.h"

struct Account {
  Str name, uid, gid, home;
};

// Nothing: it is no line of an account. uid and gid are decimal numbers then.
std::optional<Account> parse_passwd(Str line);

// sub:user:pre:, whatever stands behind. Nothing: it is no such line.
struct Subuser {
  Str sub, user, pre;
};
std::optional<Subuser> parse_subuser(Str line);
