#include "mail/rewrite.h"

#include <algorithm>

#include "lib/env.h"

using Kind = Token::Kind;

static std::optional<Tokens> scan_joined(Str sign, Str host) {
  Buf text;
  text.set(sign, host);
  return Tokens::scan(text);
}

Result<AddressRules> AddressRules::make(Str defaulthost, Str defaultdomain, Str plusdomain) {
  auto host = scan_joined("@", defaulthost), domain = scan_joined(".", defaultdomain),
       plus = scan_joined(".", plusdomain);
  if (!host || !domain || !plus) return Err{EPROTO};
  return AddressRules(std::move(*host), std::move(*domain), std::move(*plus));
}

static void append(std::vector<Token>& address, std::span<const Token> more) {
  address.insert(address.end(), more.begin(), more.end());
}

static void drop_source_route(std::vector<Token>& address) {
  if (address.front().kind != Kind::at) return;
  for (size_t i = 0; i < address.size(); ++i)
    if (address[i].kind == Kind::colon) {
      address.erase(address.begin(), address.begin() + static_cast<ptrdiff_t>(i) + 1);
      return;
    }
}

static bool has(std::span<const Token> tokens, Kind kind) {
  for (const Token& t : tokens)
    if (t.kind == kind) return true;
  return false;
}

// What stands behind the last @, which must be there.
static std::span<const Token> host_of(std::span<const Token> address) {
  size_t start = address.size();
  while (address[start - 1].kind != Kind::at) --start;
  return address.subspan(start);
}

void AddressRules::complete(std::vector<Token>& address) const {
  auto ends_with = [&](Kind k) { return !address.empty() && address.back().kind == k; };
  if (ends_with(Kind::literal) && address.back().text.empty() && address.size() > 1 &&
      address[address.size() - 2].kind == Kind::at)
    return;
  if (address.empty()) return;
  drop_source_route(address);
  if (address.empty()) return;

  if (ends_with(Kind::dot)) address.pop_back();
  if (ends_with(Kind::at)) address.pop_back();
  if (!has(address, Kind::at)) append(address, host_.all());

  Token& last = address.back();
  if (last.kind == Kind::atom && last.text.ends_with('+')) {
    last.text.remove_suffix(1);
    if (last.text.empty()) address.pop_back();
    // A host of + alone is plusdomain itself.
    append(address, plus_.all().subspan(ends_with(Kind::at) ? 1 : 0));
  }
  std::span<const Token> host = host_of(address);
  if (!has(host, Kind::dot) && !has(host, Kind::literal)) append(address, domain_.all());
}

Result<> read_host(const Control* control, const char* variable, const char* name, Buf& out) {
  auto value = variable ? env(variable) : std::nullopt;
  if (value) {
    out.set(*value);
    return {};
  }
  if (control) return control->line_or_me(name, out, name);
  out.set(Str(name));
  return {};
}
