// Values of JSON (RFC 8259).
#pragma once
#include "lib/buf.h"

// Are these bytes UTF-8 (RFC 3629)?
bool is_utf8(Str);

// A string with its quotes. What is not UTF-8 becomes U+FFFD, byte by byte; control
// characters and line separators are escaped.
void append_json_string(Buf&, Str);
