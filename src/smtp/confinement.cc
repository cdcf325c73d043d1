#include "smtp/confinement.h"

#include "lib/env.h"
#include "mail/instance.h"
#include "mail/queue_service.h"

static bool has_replacement() { return !env("QMAILQUEUE").value_or("").empty(); }

bool server_is_jailed() { return !has_replacement() && QueueService::is_there(); }

void confine_server(const Jail& jail) {
  // From others of qmaild's. In a trial instance everything is one user's, who may look.
  if (!root_is_elsewhere()) hide_memory();
  if (server_is_jailed())
    enter_jail(jail);
  else if (!has_replacement())
    limit_resources({.memory = jail.limits.memory});
}
