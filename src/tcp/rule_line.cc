#include "tcp/rule_line.h"

#include "tcp/rules.h"

// "allow" or "deny", then ",VARIABLE=qVALUEq" with any byte as the quote q.
static bool parse_instructions(Str s, Buf& data, Str& why) {
  if (s.starts_with("allow")) {
    s = slice(s, 5);
  } else if (s.starts_with("deny")) {
    s = slice(s, 4);
    data.append(Str("D\0", 2));
  } else {
    why = "neither allow nor deny";
    return false;
  }
  while (!s.empty()) {
    why = "variables are ,NAME=\"VALUE\"";
    size_t equals = s.find('=');
    if (s[0] != ',' || equals == Str::npos) return false;
    Str name = slice(s, 1, equals - 1);
    s = slice(s, equals + 1);
    size_t end = s.empty() ? Str::npos : s.find(s[0], 1);
    if (end == Str::npos) return false;
    data.add("+", name, "=", slice(s, 1, end - 1), Str("\0", 1));
    s = slice(s, end + 1);
  }
  return true;
}

// An address, or an address and the length of its network, as the key that
// find_rule looks for.
static bool append_network(Buf& key, Str text, Ip::Family family, Str& why) {
  bool whole = text.find('/') == Str::npos;
  Str host = take_until(text, '/');
  auto ip = Ip::parse(host);
  if (!ip || ip->family != family) {
    why = family == Ip::Family::v4 ? "no IPv4 address" : "no IPv6 address";
    return false;
  }
  if (whole) {
    append_key(key, *ip);
    return true;
  }
  auto bits = scan_u64(text, ip->size() * 8);
  if (!bits) {
    why = "no such length of a network";
    return false;
  }
  if (!(network_of(*ip, static_cast<unsigned>(*bits)) == *ip)) {
    why = "the address has bits behind the network's length";
    return false;
  }
  append_key(key, *ip, static_cast<unsigned>(*bits));
  return true;
}

// "[v6]", "[v6/bits]" or "[v6]/bits".
static bool append_bracketed(Buf& key, Str text, Str& why) {
  size_t close = text.find(']');
  Str behind = slice(text, close + 1);
  if (!behind.empty() && behind[0] != '/') {
    why = "no IPv6 address";
    return false;
  }
  Buf network;
  network.add(slice(text, 1, close - 1), behind);
  return append_network(key, network, Ip::Family::v6, why);
}

// Of an address that is no range any more.
static bool append_address(Buf& key, Str address, Str& why) {
  if (address.starts_with('[')) return append_bracketed(key, address, why);
  if (size_t at = address.find("@["); at != Str::npos) {
    key.append(slice(address, 0, at + 1));
    if (address.find('/', at) == Str::npos) return append_bracketed(key, slice(address, at + 1), why);
    why = "a name needs one address, not a network";
    return false;
  }
  bool plain = address.find_first_of("=@") == Str::npos;
  if (plain && address.find('/') != Str::npos) return append_network(key, address, Ip::Family::v4, why);
  key.append(address);
  return true;
}

// A number up to 255 for each address of a range; what is greater is all the same.
static std::optional<unsigned> range_end(Str digits) {
  for (char c : digits)
    if (!is_digit(c)) return {};
  if (digits.empty()) return 0;
  auto number = scan_u64(digits, 255);
  return number ? static_cast<unsigned>(*number) : 256;
}

// "1.2.3.37-53" stands for 17 addresses, "10.2-3." for two prefixes.
static bool append_range(std::vector<Buf>& keys, Str address, Str& why) {
  size_t dash = address.find('-');
  if (dash == Str::npos || address.find_first_of("=@[") != Str::npos) {
    keys.emplace_back();
    return append_address(keys.back(), address, why);
  }
  Str head = slice(address, 0, dash), tail = slice(address, dash + 1);
  size_t dot = head.rfind('.');
  Str first = dot == Str::npos ? head : slice(head, dot + 1);
  head = slice(head, 0, head.size() - first.size());
  Str last = slice(tail, 0, tail.find('.'));
  tail = slice(tail, last.size());
  auto from = range_end(first), to = range_end(last);
  if (!from || !to) {
    why = "a range needs numbers on both sides";
    return false;
  }
  for (unsigned u = *from; u <= *to && u <= 255; ++u) {
    Buf one;
    one.add(head, Num(u), tail);
    keys.emplace_back();
    if (!append_address(keys.back(), one, why)) return false;
  }
  return true;
}

// The colon that ends the address: colons in brackets are the address's own.
static size_t find_colon(Str line) {
  size_t colon = line.find(':');
  size_t bracket = line.starts_with('[') ? 0 : line.find("@[");
  if (bracket > colon) return colon;
  size_t close = line.find(']', bracket);
  return close == Str::npos ? Str::npos : line.find(':', close);
}

LineKind parse_rule_line(Str line, RuleLine& out, Str& why) {
  out.keys.clear();
  out.data.clear();
  line = trim_right(line);
  if (line.empty() || line[0] == '#') return LineKind::nothing;
  if (line.find(':') == Str::npos) return LineKind::no_colon;
  size_t colon = find_colon(line);
  why = "no ] or no colon behind it";
  if (colon == Str::npos) return LineKind::bad;
  why = "a NUL";
  if (line.find('\0') != Str::npos) return LineKind::bad;
  if (!append_range(out.keys, slice(line, 0, colon), why)) return LineKind::bad;
  if (!parse_instructions(slice(line, colon + 1), out.data, why)) return LineKind::bad;
  return LineKind::rule;
}
