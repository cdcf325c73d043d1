// What who wants a password checked says on descriptor 3: the login, the password
// and the time of the greeting, each ended by a NUL, and perhaps more.
#pragma once
#include "lib/buf.h"
#include "lib/err.h"

struct Credentials {
  Buf login, password;
};

inline constexpr size_t longest_credentials = 512;

// Reads fd to its end and closes it. EFBIG: it is more than longest_credentials
// bytes. EPROTO: login or password has no NUL behind it.
Result<Credentials> read_credentials(int fd);

Result<Credentials> parse_credentials(Str);
