#include "smtp/confinement.h"

#include "lib/env.h"
#include "mail/instance.h"
#include "mail/queue_service.h"

Confinement possible_confinement() {
  if (!env("QMAILQUEUE").value_or("").empty()) return Confinement::none;
  return QueueService::is_there() ? Confinement::jail : Confinement::limits;
}

void confine_server(const Jail& jail, Confinement how) {
  // From others of qmaild's. In a trial instance everything is one user's, who may look.
  if (!root_is_elsewhere()) hide_memory();
  switch (how) {
    case Confinement::jail: enter_jail(jail); break;
    case Confinement::limits: limit_resources({.memory = jail.limits.memory}); break;
    case Confinement::none: break;
  }
}
