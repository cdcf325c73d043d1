// Access rules: which record of a rules cdb decides about a client. The page
// tcprules(1) states syntax and order.
#pragma once
#include "lib/cdb.h"
#include "lib/ip.h"

struct Client {
  Str ip;                   // as in TCPREMOTEIP
  std::optional<Str> host;  // as in TCPREMOTEHOST
  std::optional<Str> info;  // as in TCPREMOTEINFO
};

struct Rule {
  Buf key;   // the record that decided, as tcprules wrote it
  Str data;  // its instructions; valid as long as the cdb
};

// The rule for client; nothing when none matches (the connection is then allowed).
// EPROTO: the cdb is damaged.
Result<std::optional<Rule>> find_rule(Cdb&, const Client&);

// The next instruction of a rule's data, cut off data.
struct Instruction {
  enum class Kind { deny, set } kind;
  Str variable, value;  // of set
};
std::optional<Instruction> take_instruction(Str& data);

// The key of an address ("1.2.3.4", "[2001:db8::1]") and of a network
// ("10.1.0.0/23", "[2001:db8::/32]"): the bits behind the prefix are cleared.
void append_key(Buf&, const Ip&);
void append_key(Buf&, const Ip&, unsigned bits);

// ip with all bits behind the first ones cleared.
Ip network_of(const Ip&, unsigned bits);
