// What a maildir holds (doc/man/maildir.5).
#pragma once
#include <vector>

#include "lib/buf.h"
#include "lib/err.h"

struct MaildirFile {
  Buf name;                      // "new/..." or "cur/..."
  int64_t seconds, nanoseconds;  // when it was written
};

// Adds the regular files of folder (new or cur), below the working directory,
// that were written before the second `before`; not those whose names begin with a
// dot. A file that has just gone is none.
Result<> scan_maildir(std::vector<MaildirFile>& found, Str folder, int64_t before);

void sort_oldest_first(std::vector<MaildirFile>&);
