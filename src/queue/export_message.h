// A message of ours as files of qmail 1.03's queue.
#pragma once
#include "mail/route.h"
#include "queue/export_stage.h"

enum class Exportable : uint8_t {
  yes,
  finished,  // nothing is to be done for it any more
  ordered,   // held or otherwise ordered about, of which qmail knows nothing
};

// state: its state file, -1 when there is none. Recipients stand in the channel
// that today's control files give them.
Result<Exportable> export_message(const Message&, int state, const Router&, ExportedMessage&);
