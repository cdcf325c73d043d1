// What a bounce says of one recipient (doc/man/qmail-send.8).
#pragma once
#include "lib/buf.h"

// Appends the paragraph for a recipient: no line of the report may look like its
// end, so that an empty line inside it becomes "/".
void append_failure(Buf& out, Str address, Str report);
