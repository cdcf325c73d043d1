// Files that whoever wrote them will not come back to.
#pragma once
#include <cstdint>

inline constexpr int64_t abandoned_after = 36 * 3600;  // seconds; must exceed qmail-queue's own 24-hour alarm

// Is this file older, and locked by nobody? A live qmail-queue holds a lock on its
// file, however old the clock makes it look.
bool is_abandoned(const char* name);
