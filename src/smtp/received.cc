#include "smtp/received.h"

#include "lib/env.h"
#include "mail/date.h"

Origin origin_from_environment() {
  Origin o;
  if (auto v = env("TCPREMOTEHOST")) o.remote_host = *v;
  if (auto v = env("TCPREMOTEIP")) o.remote_ip = *v;
  o.remote_info = env("TCPREMOTEINFO");
  if (auto v = env("TCPLOCALIP")) o.local = *v;
  if (auto v = env("TCPLOCALHOST")) o.local = *v;
  return o;
}

static bool is_safe(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || ".@%+/=:-[]"sv.find(c) != Str::npos;
}

static void append_name(Buf& out, Str name) {
  for (char c : slice(name, 0, longest_name)) out.push(is_safe(c) ? c : '?');
}

void append_received(Buf& out, const Origin& o, std::optional<Str> helo, Str protocol, int64_t now) {
  out.append("Received: from ");
  append_name(out, o.remote_host);
  if (helo && !same_nocase(*helo, o.remote_host)) {
    out.append(" (HELO ");
    append_name(out, *helo);
    out.append(")");
  }
  out.append(" (");
  if (o.remote_info) {
    append_name(out, *o.remote_info);
    out.append("@");
  }
  append_name(out, o.remote_ip);
  out.append(")\n  by ");
  append_name(out, o.local);
  out.add(" with ", protocol, "; ");
  append_date(out, now);
  out.append("\n");
}
