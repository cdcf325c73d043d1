// What the servers of QMTP and QMQP share.
#pragma once
#include "mail/netstring.h"
#include "smtp/intake.h"

// Longest address, in bytes, with what RELAYCLIENT adds.
inline constexpr size_t longest_netstring_address = 999;

// The next netstring as an address. False: it is longer, or holds a NUL; of a
// longer one address is a part.
Result<bool> take_address(NetstringReader&, Buf& address);

// Ends the program after an hour, whatever it waits for (exit 111), and lets a
// client or queue that is gone be an error of write.
void limit_life();

// The exit code when a client cannot be served any further: 100 when it does not
// keep to the protocol, 111 for what may pass, 0 when it is gone.
int exit_after(Err);

// Closes the queue and sets text to what became of the message: K, D or Z and a
// text. A fault counts for more than what the queue says.
void settle(QueueClient&, Intake::Fault, Buf& text);
