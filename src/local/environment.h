// What a program in a dot-qmail file finds in its environment
// (doc/man/qmail-command.8).
#pragma once
#include "local/trace.h"

// Who gets a message, and from whom: the arguments of qmail-local.
struct Recipient {
  const char *user, *home, *local, *dash, *ext, *domain, *sender;
};

// Sets all variables in this process's environment. new_sender is that of
// forwarded messages; without default_ext, DEFAULT is not set.
void set_environment(const Recipient&, const TraceLines&, Str new_sender, std::optional<Str> default_ext);

// ext behind its nth hyphen; empty when it has fewer.
Str ext_behind(Str ext, int hyphens);

// host without its last parts; as much as has dots.
Str host_without(Str host, int parts);

// The sender of what the recipient forwards: the owner of a list gets the errors.
//   no .qmail DASH EXT -owner        the original one
//   there is one                     LOCAL-owner@DOMAIN
//   and a -owner-default beside it   LOCAL-owner-@DOMAIN-@[], one for each address
// An error message keeps its sender. An Err: whether there is a file cannot be
// seen now; trying is its name. Relative to the home as the working directory.
Result<> set_new_sender(Buf& out, const Recipient&, Buf& trying);
