// The installation's own queue, for programs that move mail into it or out of it
// while qmail-send does not run.
#pragma once
#include "lib/sys.h"
#include "mail/instance.h"
#include "mail/route.h"

struct StoppedQueue {
  Roles roles;
  Router router;  // where mail goes to, by today's control files
  Fd mutex;       // lock/sendmutex: qmail-send does not start while this is open
};

// Enters queue/ and takes its lock; ends the program with a line on descriptor 2
// when that cannot be done, or when qmail-send runs.
StoppedQueue enter_stopped_queue();
