// The arguments of MAIL and RCPT (RFC 5321 section 4.1.2), without I/O.
#pragma once
#include "lib/ip.h"

// Longest address that a client may give, in bytes.
inline constexpr size_t longest_path = 899;

enum class PathError : uint8_t { none, syntax, too_long };

// Reads "FROM:<path>" or "TO:<path>", keyword being FROM or TO. address becomes
// what the path means: no quotes, no backslashes, no source route; empty for <>.
// parameters becomes what follows the path.
PathError parse_path(Str argument, Str keyword, Buf& address, Str& parameters);

struct MailParameters {
  enum class Body : uint8_t { unstated, seven_bit, eight_bit };
  std::optional<uint64_t> size;  // RFC 1870; one that does not fit is the highest
  Body body = Body::unstated;    // RFC 6152
};
enum class ParameterError : uint8_t { none, syntax, unknown };
ParameterError parse_mail_parameters(Str, MailParameters&);

// Of RCPT there is none that we know: any is unknown.
ParameterError parse_rcpt_parameters(Str);

// The IP address of user@[1.2.3.4] or user@[IPv6:::1] (RFC 5321 section 4.1.3).
std::optional<Ip> literal_host(Str address);
