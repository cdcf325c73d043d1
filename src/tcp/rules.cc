#include "tcp/rules.h"

void append_key(Buf& out, const Ip& ip) {
  if (ip.family == Ip::Family::v4) return ip.append_to(out);
  out.push('[');
  ip.append_to(out);
  out.push(']');
}

Ip network_of(const Ip& ip, unsigned bits) {
  Ip base = ip;
  for (unsigned i = 0; i < ip.size(); ++i) {
    unsigned kept = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - 8 * i;
    base.bytes[i] = static_cast<uint8_t>(base.bytes[i] & (0xff00 >> kept));
  }
  return base;
}

void append_key(Buf& out, const Ip& ip, unsigned bits) {
  if (ip.family == Ip::Family::v6) out.push('[');
  network_of(ip, bits).append_to(out);
  out.add("/", Num(bits));
  if (ip.family == Ip::Family::v6) out.push(']');
}

namespace {
// Tries one key after the other; the first that is there is the answer.
class Search {
 public:
  explicit Search(Cdb& db) : db_(db) {}

  template <class... Parts>
  Result<bool> try_key(const Parts&... parts) {
    rule_.key.set(parts...);
    return try_it();
  }
  Result<bool> try_network(const Ip& ip, unsigned bits) {
    rule_.key.clear();
    append_key(rule_.key, ip, bits);
    return try_it();
  }
  Rule take() { return std::move(rule_); }

 private:
  Result<bool> try_it() {
    auto data = TRY(db_.find(rule_.key));
    if (data) rule_.data = *data;
    return data.has_value();
  }
  Cdb& db_;
  Rule rule_;
};
}  // namespace

// Networks of ip, the smallest first; a dotted prefix stands before the network
// of the same length.
static Result<bool> find_network(Search& search, Str text, const std::optional<Ip>& ip) {
  if (ip && ip->family == Ip::Family::v6) {
    for (unsigned bits = 128;; --bits) {
      if (TRY(search.try_network(*ip, bits))) return true;
      if (bits == 0) return false;
    }
  }
  unsigned bits = 32;  // of the networks not tried yet
  Str prefix = text;
  while (!prefix.empty()) {
    prefix.remove_suffix(1);
    if (!prefix.ends_with('.')) continue;
    unsigned dots = 0;
    for (char c : prefix) dots += c == '.';
    for (; ip && bits > 8 * dots; --bits)
      if (TRY(search.try_network(*ip, bits))) return true;
    if (TRY(search.try_key(prefix))) return true;
  }
  if (!ip) return false;
  for (;; --bits) {
    if (TRY(search.try_network(*ip, bits))) return true;
    if (bits == 0) return false;
  }
}

static Result<bool> find(Search& search, const Client& client) {
  auto ip = Ip::parse(client.ip);
  Buf address;  // as keys spell it
  if (ip && ip->family == Ip::Family::v6)
    append_key(address, *ip);
  else
    address.append(client.ip);

  if (client.info) {
    if (TRY(search.try_key(*client.info, "@", address))) return true;
    if (client.host && TRY(search.try_key(*client.info, "@=", *client.host))) return true;
  }
  if (TRY(search.try_key(address))) return true;
  if (client.host && TRY(search.try_key("=", *client.host))) return true;
  if (TRY(find_network(search, client.ip, ip))) return true;
  if (client.host) {
    Str host = *client.host;
    for (size_t at = 0; at < host.size(); ++at)
      if (host[at] == '.' && TRY(search.try_key("=", slice(host, at)))) return true;
    if (TRY(search.try_key("="))) return true;
  }
  return search.try_key("");
}

Result<std::optional<Rule>> find_rule(Cdb& db, const Client& client) {
  Search search(db);
  if (!TRY(find(search, client))) return std::optional<Rule>();
  return std::optional(search.take());
}

std::optional<Instruction> take_instruction(Str& data) {
  while (!data.empty()) {
    Str one = take_until(data, '\0');
    if (one.starts_with('D')) return Instruction{Instruction::Kind::deny, {}, {}};
    if (!one.starts_with('+')) continue;
    Str value = slice(one, 1);
    if (value.find('=') == Str::npos) continue;
    Str variable = take_until(value, '=');
    return Instruction{Instruction::Kind::set, variable, value};
  }
  return {};
}
