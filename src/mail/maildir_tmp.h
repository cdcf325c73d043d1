// The part of a Maildir that only deliveries use (doc/man/maildir.5).
#pragma once
#include <cstdint>

// Removes what deliveries have left in tmp/, below the working directory: files
// that nobody has read or written for 36 hours, as none takes longer than 24.
// Names that begin with a dot are nobody's. Does what it can.
void sweep_maildir_tmp(int64_t now);
