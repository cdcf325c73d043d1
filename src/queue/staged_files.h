// Files that get their place in a queue once all of a message is written.
#pragma once
#include "lib/err.h"

Result<bool> name_exists(const char* name);
Result<> remove_if_there(const char* name);

// Gives the file a second name, in the place of whatever has it.
Result<> link_over(const char* from, const char* to);

// The same, and an error, EEXIST, if another file has it.
Result<> link_new(const char* from, const char* to);

// Renames, as rename_new does: where that is a link and an unlink, a crash may have
// come between these, which is made good.
Result<> move_into_place(const char* from, const char* to);
