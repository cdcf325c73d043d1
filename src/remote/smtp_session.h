// SMTP transactions over a connection that stands (RFC 5321; 2920 pipelining,
// 1870 size, 6152 8-bit), and the report of each that qmail-rspawn reads.
#pragma once
#include "lib/io.h"
#include "lib/sys.h"
#include "remote/transfer.h"

// For one message after another.
struct SmtpConnection {
  Fd fd;
  Buf partner;           // the address as it appears in texts
  bool greeted = false;  // the server said what it offers:
  bool pipelining = false, size = false, eight_bit = false;
  bool can_go_on = false;  // all of the last transaction was accepted, and QUIT was not said
};

// report is set, in each case: parts ended by NUL (doc/man/qmail-remote.8). Unless
// the connection can go on then, it is to be closed. In one that went on,
// what goes wrong before the body is sent may be meant for the connection, and is
// another_host: a new one must be tried, with this host too.
SessionEnd smtp_session(SmtpConnection&, const Outgoing&, Buf& report);

// Ends one that can go on.
void smtp_quit(SmtpConnection&, int timeout_seconds);

// Can this go into a command line? Bytes that would end the line or the
// argument cannot, wherever quoting may allow them; nor can, in what is not
// quoted, those of which the server would make another address.
bool fits_into_command(Str address);

// Does a greeting's or EHLO's reply, as received, offer the extension?
bool offers(Str reply, Str keyword);
