// One question put to name servers: datagrams, waiting, TCP.
#pragma once
#include "dns/packet.h"
#include "lib/net.h"

// Asks one server after the other, in several rounds with growing patience,
// until one gives a definite answer (found, no_such_name, no_data, alias).
// failed: none did before the deadline or the last round.
DnsAnswer ask_servers(std::span<const Endpoint> servers, const DnsQuestion&, std::vector<DnsRecord>& out,
                      DnsName& target, Deadline);
