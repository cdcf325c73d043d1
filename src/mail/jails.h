// What each program keeps once it has begun its work: the jails of all of them, in
// one place. doc/security.md shows them as a table, which a test compares.
#pragma once
#include "lib/jail.h"

namespace jails {
extern const Jail clean, pop3d, popup, qmqpd, qmtpd, queue, queued, remote, rspawn, send, smtpd, splogger;
}  // namespace jails

// What of jails this kernel cannot do, in words; empty: it can do all.
Str missing_jails(InForce possible);

// All of them, for those who show or try them.
std::span<const Jail* const> all_jails();
