// control/smtproutes and control/qmtproutes (doc/man/qmail-remote.8): hosts whose
// mail goes to a relay, to another port, or by QMTP.
#pragma once
#include "mail/control.h"

inline constexpr uint16_t smtp_port = 25, qmtp_port = 209;

// Relay and port as they stand in an entry.
struct Relay {
  Str host;  // name or address, without brackets; empty: the host's own MX
  std::optional<uint16_t> port;
};

// The value of an entry: "relay", "relay:port", "[address]", "[address]:port", or
// ":port" for another port of the host's own MX. EPROTO: it has a port that is
// none, or a bracket without its partner.
Result<Relay> parse_relay(Str value);

// How a host's mail is sent. Both ports: QMTP is tried first, and SMTP where no
// connection for it can be had.
struct RelayRoute {
  Str relay;                     // empty: the host's own MX
  std::optional<uint16_t> smtp;  // ports
  std::optional<uint16_t> qmtp;
  bool by_preference = false;  // by QMTP to exchangers whose preference says so
};

// Of a host, by the first of: the host itself, its parents (.sub.domain,
// .domain), the empty key; in qmtproutes, and without an entry there in
// smtproutes, where port 209 means QMTP alone. An entry with nothing behind its
// key is as none. Tables may be null.
Result<RelayRoute> find_relay(const Table* qmtproutes, const Table* smtproutes, Str host);
