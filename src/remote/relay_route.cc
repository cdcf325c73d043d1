#include "remote/relay_route.h"

Result<Relay> parse_relay(Str value) {
  Relay r;
  if (slice(value, 0, 1) == "[") {
    size_t end = value.find(']');
    if (end == Str::npos) return Err{EPROTO};
    r.host = slice(value, 1, end - 1);
    value = slice(value, end + 1);
    if (!value.empty() && value[0] != ':') return Err{EPROTO};
    value = slice(value, 1);
  } else {
    r.host = take_until(value, ':');
  }
  // What stands behind the digits is let pass, as it always was.
  if (value.empty() || !is_digit(value[0])) return r;
  auto port = take_u64(value);
  if (!port || *port == 0 || *port > 65535) return Err{EPROTO};
  r.port = static_cast<uint16_t>(*port);
  return r;
}

// Nothing: there is no entry, or one that says nothing.
static Result<std::optional<Relay>> find_entry(const Table* table, Str host) {
  std::optional<Relay> none;
  if (!table) return none;
  auto match = table->find_host(host);
  if (!match) return none;
  Relay r = TRY(parse_relay(match->value));
  return r.host.empty() && !r.port ? none : std::optional(r);
}

Result<RelayRoute> find_relay(const Table* qmtproutes, const Table* smtproutes, Str host) {
  if (auto r = TRY(find_entry(qmtproutes, host)))
    return RelayRoute{.relay = r->host, .smtp = smtp_port, .qmtp = r->port.value_or(qmtp_port)};
  if (auto r = TRY(find_entry(smtproutes, host))) {
    if (r->port == qmtp_port) return RelayRoute{.relay = r->host, .smtp = {}, .qmtp = qmtp_port};
    return RelayRoute{.relay = r->host, .smtp = r->port.value_or(smtp_port), .qmtp = {}};
  }
  return RelayRoute{.relay = {}, .smtp = smtp_port, .qmtp = {}, .by_preference = true};
}
