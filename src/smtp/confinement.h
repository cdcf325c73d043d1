// What a server of strangers gives up before it hears them.
#pragma once
#include "lib/jail.h"

enum class Confinement : uint8_t {
  jail,    // where qmail-queued takes the messages
  limits,  // of memory: where this program runs qmail-queue, which becomes another user
  none,    // with $QMAILQUEUE, as they would hold for that program too
};
Confinement possible_confinement();

void confine_server(const Jail&, Confinement = possible_confinement());
