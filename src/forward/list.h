// Binary mailing lists (doc/man/setmaillist.1): entries, each ended by NUL: &address,
// or the name of another list, which begins with . or /.
#pragma once
#include "lib/buf.h"

// Longest entry that is an address, with its &.
inline constexpr size_t longest_entry = 900;

// Cuts the next entry off a list. Nothing: what is there is none.
std::optional<Str> take_entry(Str& list);

// Appends an entry for another list: name with ./ in front when it needs it, then end.
void append_list_name(Buf& out, Str name, Str end);
