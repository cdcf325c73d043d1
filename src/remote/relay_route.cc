#include "remote/relay_route.h"

Result<RelayRoute> parse_relay(Str value) {
  RelayRoute r;
  if (slice(value, 0, 1) == "[") {
    size_t end = value.find(']');
    if (end == Str::npos) return Err{EPROTO};
    r.relay = slice(value, 1, end - 1);
    value = slice(value, end + 1);
    if (!value.empty() && value[0] != ':') return Err{EPROTO};
    value = slice(value, 1);
  } else {
    r.relay = take_until(value, ':');
  }
  // What stands behind the digits is let pass, as it always was.
  if (value.empty() || !is_digit(value[0])) return r;
  auto port = take_u64(value);
  if (!port || *port == 0 || *port > 65535) return Err{EPROTO};
  r.port = static_cast<uint16_t>(*port);
  return r;
}

Result<RelayRoute> find_relay(const Table* table, Str host) {
  if (table)
    if (auto match = table->find_host(host)) return parse_relay(match->value);
  return RelayRoute{};
}
