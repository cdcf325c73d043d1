// Addresses in their internal form: local part and host, joined by the last @,
// nothing quoted.
#pragma once
#include "lib/buf.h"

// Longest address of an envelope, in bytes: qmail-queue refuses longer ones.
inline constexpr size_t longest_address = 1002;

struct Address {
  Str local, host;
  bool has_host;  // whether there is an @ at all
};
Address split_address(Str);

// The address as it stands between < and > in SMTP (RFC 5321 section 4.1.2) or
// in a header field: the local part quoted when it must be.
void append_quoted(Buf& out, Str address);

// What out holds from there on becomes one line, as an address in a header must
// be: '_' for LF, and for CR, of which SMTP makes a line's end too.
void make_one_line(Buf& out, size_t from = 0);
