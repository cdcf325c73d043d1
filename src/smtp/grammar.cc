#include "smtp/grammar.h"

#include "mail/address.h"

static bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }

// "<@one,@two:user@host" stands for user@host (RFC 5321 appendix C): text begins
// at the first @.
static bool skip_source_route(Str& text) {
  size_t colon = text.find(':');
  size_t end = text.find('>');
  if (colon == Str::npos || (end != Str::npos && end < colon)) return false;
  text = slice(text, colon + 1);
  return true;
}

PathError parse_path(Str s, Str keyword, Buf& address, Str& parameters) {
  address.clear();
  if (!starts_nocase(s, keyword)) return PathError::syntax;
  s = slice(s, keyword.size());
  if (s.empty() || s[0] != ':') return PathError::syntax;
  s = slice(s, 1);
  while (!s.empty() && s[0] == ' ') s.remove_prefix(1);
  if (s.empty() || s[0] != '<') return PathError::syntax;
  s = slice(s, 1);
  if (!s.empty() && s[0] == '@' && !skip_source_route(s)) return PathError::syntax;

  bool quoted = false, too_long = false;
  for (;; s.remove_prefix(1)) {
    if (s.empty()) return PathError::syntax;  // without its >
    char c = s[0];
    if (c == '"') {
      quoted = !quoted;
      continue;
    }
    if (c == '>' && !quoted) break;
    if (c == '\\') {
      s.remove_prefix(1);
      if (s.empty()) return PathError::syntax;
      c = s[0];
    }
    if (is_control(c)) return PathError::syntax;
    if (address.size() < longest_path)
      address.push(c);
    else
      too_long = true;
  }
  parameters = slice(s, 1);
  if (!parameters.empty() && !is_blank(parameters[0])) return PathError::syntax;
  return too_long ? PathError::too_long : PathError::none;
}

// KEYWORD or KEYWORD=VALUE, parted by blanks (RFC 5321 section 4.1.2).
struct Parameter {
  Str keyword, value;
  bool has_value;
};

static std::optional<Parameter> take_parameter(Str& rest) {
  while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
  if (rest.empty()) return {};
  size_t n = 0;
  while (n < rest.size() && !is_blank(rest[n])) ++n;
  Str word = slice(rest, 0, n);
  rest = slice(rest, n);
  size_t equals = word.find('=');
  return Parameter{slice(word, 0, equals), equals == Str::npos ? Str() : slice(word, equals + 1), equals != Str::npos};
}

static std::optional<uint64_t> parse_size(const Parameter& p) {
  if (p.value.empty() || p.value.size() > 20) return {};  // 1*20DIGIT
  for (char c : p.value)
    if (!is_digit(c)) return {};
  return scan_u64(p.value).value_or(UINT64_MAX);
}

static MailParameters::Body parse_body(const Parameter& p) {
  if (same_nocase(p.value, "7BIT")) return MailParameters::Body::seven_bit;
  if (same_nocase(p.value, "8BITMIME")) return MailParameters::Body::eight_bit;
  return MailParameters::Body::unstated;
}

ParameterError parse_mail_parameters(Str rest, MailParameters& out) {
  out = {};
  while (auto p = take_parameter(rest)) {
    if (same_nocase(p->keyword, "SIZE")) {
      if (out.size) return ParameterError::syntax;
      out.size = parse_size(*p);
      if (!out.size) return ParameterError::syntax;
    } else if (same_nocase(p->keyword, "BODY")) {
      if (out.body != MailParameters::Body::unstated) return ParameterError::syntax;
      out.body = parse_body(*p);
      if (out.body == MailParameters::Body::unstated) return ParameterError::syntax;
    } else {
      return ParameterError::unknown;
    }
  }
  return ParameterError::none;
}

ParameterError parse_rcpt_parameters(Str rest) {
  return take_parameter(rest) ? ParameterError::unknown : ParameterError::none;
}

std::optional<Ip> literal_host(Str address) {
  Str host = split_address(address).host;
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return {};
  host = slice(host, 1, host.size() - 2);
  constexpr Str tag = "IPv6:";
  bool tagged = starts_nocase(host, tag);
  if (tagged) host = slice(host, tag.size());
  auto ip = Ip::parse(host);
  // The tag stands before a v6 address, and there alone.
  if (!ip || tagged != (host.find(':') != Str::npos)) return {};
  return ip;
}
