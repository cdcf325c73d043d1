// Delivery into a maildir (doc/man/maildir.5).
#pragma once
#include "local/trace.h"

// A file name that no other delivery makes, on this or another host:
// SECONDS.M<microseconds>P<pid>Q<count>.HOST. A / or : of host becomes \057 or \072.
void set_maildir_name(Buf&, int64_t microseconds, uint64_t pid, uint64_t count, Str host);

// Delivers the message on the descriptor, from its position on. path ends with /.
// Empty: the message is in new/ and on the disk. Else what to report, without the
// LF; then nothing is left behind. All failures are temporary. Ends the program
// with such a report when it takes a day.
Buf deliver_to_maildir(const char* path, int message, const TraceLines&);
