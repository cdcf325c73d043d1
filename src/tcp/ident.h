// Who, at the other end, owns a connection: the Identification Protocol (RFC 1413).
#pragma once
#include "lib/net.h"

// The answer of remote's identification server about the connection between the
// two ends; nothing when there is no whole line before the deadline.
std::optional<Buf> ask_ident(const Endpoint& local, const Endpoint& remote, Deadline);

// The user in an answer's line ("6113, 23 : USERID : UNIX : joe"): what stands
// behind the third colon, without spaces, tabs and CR, up to a NUL and at most
// 256 bytes. Empty when there is no third colon (an ERROR).
Buf ident_user(Str line);
