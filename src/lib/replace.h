// Files that are replaced whole.
#pragma once
#include "lib/sys.h"

struct Owner {
  uid_t uid;
  gid_t gid;
};

// Puts a file of this content in the place of fn, or makes it, in one step:
// whoever opens fn sees the old one or the new one, with its owner and mode, and
// so it is after a crash. It is written under the name fn with ".new" behind it,
// where a leftover is overwritten. No owner: the caller.
Result<> replace_file(const char* fn, Str content, mode_t, const Owner* = nullptr);

// Waits until the directory that fn is in, with the names of what was renamed in
// it, is on the disk.
Result<> sync_directory_of(const char* fn);
