// The SMTP session of a client that is not wanted: it hears why, and can do nothing.
#pragma once
#include "lib/err.h"
#include "lib/time.h"

// Talks on descriptors 0 and 1 until QUIT, the end of input or the deadline. What
// would begin to send mail, and all that is not known, is answered with reply, a
// code and a text.
void refuse_session(Str reply, Deadline);
