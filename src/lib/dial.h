// Connecting to a host that has several addresses, some of which may not answer.
#pragma once
#include <vector>

#include "lib/net.h"

// One address, and what became of it.
struct Dialled {
  Endpoint to;
  Err why{0};  // of a failure
};

struct DialPatience {
  int64_t first_seconds;   // for each address
  int64_t second_seconds;  // for each that took longer, in a second round; 0: no such round
  // How long one may be silent before the next is tried beside it (RFC 8305 section 8).
  int64_t head_start_milliseconds = 250;
};

// The order to try a host's addresses in: the families in turn, IPv6 first, else as
// they stand (RFC 8305 section 4).
std::vector<Dialled> dial_order(std::span<const Ip>, uint16_t port);

// Connects to the first that answers. One that fails is followed by the next at
// once, one that is silent for a while goes on beside it (RFC 8305 section 5),
// unless from fixes the local port. A single address gets both times together.
// Returns its number in to; nothing when all failed, and why is then set in each.
struct Connected {
  Fd fd;
  size_t number;
};
std::optional<Connected> dial(std::span<Dialled> to, DialPatience, const Endpoint* from);
