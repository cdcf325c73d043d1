// Users who are no accounts of the system: lines of text, and the records of a
// cdb that are made of them (doc/man/checkpassword-mkcdb.8).
#pragma once
#include "lib/buf.h"
#include "lib/child.h"

struct VirtualUser {
  Buf name, hash, home, shell;
  Identity id;
};

// `user:hash:uid:gid:home` with `:shell` or without. What is wrong with a line;
// empty: nothing.
Str parse_user_line(Str line, VirtualUser&);

// The record's key is the name. That of the empty key is a hash, for those who
// are in no record.
void append_user_record(Buf& data, const VirtualUser&);

// The record of a user; EPROTO: it is none. name is not in it.
Result<VirtualUser> parse_user_record(Str data);
