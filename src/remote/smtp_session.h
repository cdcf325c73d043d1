// One SMTP transaction over a connection that stands (RFC 5321; 2920
// pipelining, 1870 size, 6152 8-bit), and the report of it that qmail-rspawn reads.
#pragma once
#include "lib/io.h"
#include "remote/transfer.h"

// partner is the address as it appears in texts. report is set, in each case:
// parts ended by NUL (doc/man/qmail-remote.8). The connection is to be closed then.
SessionEnd smtp_session(int fd, Str partner, const Outgoing&, Buf& report);

// Can this go into a command line? Bytes that would end the line or the
// argument cannot, wherever quoting may allow them.
bool fits_into_command(Str address);

// Does a greeting's or EHLO's reply, as received, offer the extension?
bool offers(Str reply, Str keyword);
