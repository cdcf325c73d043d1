// What a server of strangers gives up before it hears them.
#pragma once
#include "lib/jail.h"

// Enters the jail where qmail-queued takes the messages. Where this program runs
// qmail-queue itself, which becomes another user, it only limits its memory;
// with $QMAILQUEUE not even that, as it would hold for that program too.
void confine_server(const Jail&);

// Will confine_server enter the jail?
bool server_is_jailed();
