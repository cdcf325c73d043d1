// A queue that another qmail left where ours will be.
#pragma once
#include "lib/err.h"

enum class OldQueue : uint8_t {
  none,   // there is no queue, or it is one of ours
  empty,  // one of qmail's, without mail
  waits,  // one of qmail's, with mail
  busy,   // its qmail-send is running
};

// Looks at queue/, relative to the working directory.
Result<OldQueue> find_old_queue();
