// Does a password belong to a hash of crypt(5)? In such a way that the time it
// takes tells nobody whether there is such an account.
#pragma once
#include "lib/buf.h"
#include "lib/err.h"

// crypt(3), or what a test puts in its place. Null, or a text that begins with
// `*`, says that it cannot work with the setting.
using Crypt = char* (*)(const char* password, const char* setting);

// False also when stored is no hash: empty (there is no such account), or
// beginning with `!` or `*` (it is locked). Crypt has the same work then: with
// the hash behind the `!` if there is one, else with fallback, a hash or setting
// of the kind that accounts here have. ENOMEM: not enough memory to tell.
Result<bool> password_matches(const Buf& password, const Buf& stored, const Buf& fallback, Crypt);

// Can this be a hash, to which a password belongs?
bool is_unlocked(Str stored);

// Of shadow(5): days, -1 where there is no limit.
struct Ageing {
  int64_t last_change, max, expires;
};

// The account is over, or its password must be changed before anything else.
bool has_expired(const Ageing&, int64_t today);
