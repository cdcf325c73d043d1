// Delivery into an mbox file (doc/man/mbox.5).
#pragma once
#include "local/trace.h"

// Appends the message on the descriptor, from its position on, to the mbox. Empty:
// it is on the disk. Else what to report, without the LF; the mbox is then as it
// was, if it could be locked. All failures are temporary.
Buf deliver_to_mbox(const char* path, int message, const TraceLines&);
