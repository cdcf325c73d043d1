// What tcpserver does for one connection, in a process of its own.
#pragma once
#include "tcp/inquiry.h"

enum class Say { nothing, errors, status };

struct Settings {
  Say say = Say::errors;
  int child_errors = -1;                 // descriptor 2 of the command, when ours leads nowhere
  const char* rules = nullptr;           // -x
  bool missing_rules_allow = false;      // -X
  Str banner;                            // -B
  Inquiry inquiry;                       // -l -h -H -p -P -r -R -t
  uint64_t most_of_one = UINT64_MAX;     // -C
  bool keep_ip_options = false;          // -o -O
  bool delay = true;                     // -d -D
  const char* const* command = nullptr;  // program and arguments
};

// Becomes the command, with the connection on descriptors 0 and 1 and the
// environment of tcp-environ(5), when the rules allow it; same_client is the number
// of connections that its client has, this one included. Exit: 100 the rules do not
// allow it, 111 something failed.
[[noreturn]] void serve(const Settings&, Fd connection, const Endpoint& remote, uint64_t same_client);

// The first bits of an address that are one client's: all of IPv4, and of IPv6 the
// network that one site or customer has (RFC 6177).
Ip client_of(const Ip&);
