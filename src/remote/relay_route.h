// control/smtproutes (doc/man/qmail-remote.8): hosts whose mail goes to a relay
// or to another port.
#pragma once
#include "mail/control.h"

struct RelayRoute {
  Str relay;  // name or address, without brackets; empty: the host's own MX
  uint16_t port = 25;
};

// The relay and port of a line's value: "relay", "relay:port", "[address]",
// "[address]:port", or ":port" for another port of the host's own MX. EPROTO: it
// has a port that is none, or a bracket without its partner.
Result<RelayRoute> parse_relay(Str value);

// Of a host, by the first of: the host itself, its parents (.sub.domain,
// .domain), the empty key. Without an entry the route is the host's own MX.
// table may be null.
Result<RelayRoute> find_relay(const Table* table, Str host);
