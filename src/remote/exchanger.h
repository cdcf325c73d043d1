// Which addresses mail for a host is tried at, and in what order (RFC 5321
// section 5.1). The choice is made without I/O from what DNS said.
#pragma once
#include "dns/resolver.h"

// One exchanger of a host.
struct Exchanger {
  uint16_t preference = 0;
  bool unknown = false;  // its addresses could not be had now
  std::vector<Ip> ips;
};

struct HostLookup {
  DnsOutcome outcome = DnsOutcome::found;  // of the host: its MX, or without any its addresses
  bool takes_no_mail = false;              // a null MX (RFC 7505)
  std::vector<Exchanger> exchangers;
};

enum class Reachable : uint8_t {
  yes,
  dns_trouble,    // an answer may come later
  no_such_host,   // no such name
  no_address,     // the name exists, but nothing to connect to
  takes_no_mail,  // null MX
  only_here,      // the best exchangers are this machine itself
};

// An address to try, of an exchanger of this preference.
struct Candidate {
  Ip ip;
  uint16_t preference;
};

struct Choice {
  Reachable reason = Reachable::yes;
  std::vector<Candidate> candidates;  // in the order to try them; none unless reason is yes
};

// Does a host's preference say that its exchanger takes mail by QMTP, too? By
// the convention of https://cr.yp.to/im/mxps.html, which is 12801, 12817 ... 13041.
bool speaks_qmtp(uint16_t preference);

// Random: a number below its argument; orders exchangers of the same
// preference. What is not better than one of our own addresses is left out, so
// that mail never comes back to us or circles among backups.
Choice choose_addresses(HostLookup, std::span<const Ip> own, uint32_t (*random)(uint32_t));

// Asks for the exchangers of a host, or for a relay's addresses alone. An
// address in text stands for itself: bare, in brackets, or [IPv6:...] (RFC 5321
// section 4.1.3).
HostLookup look_up_host(const Resolver&, Str host);
HostLookup look_up_relay(const Resolver&, Str relay);
