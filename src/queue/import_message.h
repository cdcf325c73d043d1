// A message of another qmail in our form.
#pragma once
#include <vector>

#include "mail/instance.h"
#include "mail/route.h"
#include "mail/state.h"
#include "queue/foreign_queue.h"

struct ImportedMessage {
  struct Mark {
    uint32_t number;
    bool failed;        // else it is done
    Str address, text;  // of a failure: into the ForeignMessage
  };
  Buf envelope;
  uint64_t recipients = 0;
  std::vector<Mark> marks;
  uint64_t open = 0;  // recipients without a mark
  uint32_t uid = 0, pid = 0;
  bool is_finished() const { return open == 0 && !bounces; }
  bool bounces = false;
};

// Recipients of local are stored by qmail with what virtualdomains put before them;
// here they become what they were, by today's control files. False, with the
// reason in why: it cannot be imported as it is.
bool import_message(const ForeignMessage&, const Router&, ImportedMessage&, Buf& why);

// The uid and the process that the first line of a message names, which
// qmail-queue wrote: "Received: (qmail PID invoked by uid UID); ...".
void read_invoker(Str line, const Roles&, ImportedMessage&);
