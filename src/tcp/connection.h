// What tcpserver does for one connection, mostly in a process of its own.
#pragma once
#include <signal.h>
#include <sys/types.h>

#include "lib/staying.h"
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

// What a connection needs to be judged by.
struct Visitor {
  int connection;
  Endpoint remote;
  uint64_t same_client;  // connections that its client has, this one included
  Fd offer{};            // to stay, for the command
};

// -k: commands that have served a connection and wait for the next one between the
// same two addresses, while the rule for the client is the same.
struct Waiting {
  StayLimits limits;
  Watch sockets{};
  IdleWorkers idle{limits};
};

// Gives the connection to a command that waits (null: none does), which takes the
// place of worker, or runs the command, with the connection on descriptors 0 and 1
// and the environment of tcp-environ(5), when the rules allow it; blocked are its
// blocked signals. False when this takes time, is not allowed or goes wrong: then
// serve() is to be called, in a process of its own.
bool serve_at_once(const Settings&, Visitor&, const sigset_t& blocked, Waiting*, Owned<Worker>& worker);

// Becomes the command in the same way. Exit: 100 the rules do not allow it, 111
// something failed.
[[noreturn]] void serve(const Settings&, const Visitor&);

// The first bits of an address that are one client's: all of IPv4, and of IPv6 the
// network that one site or customer has (RFC 6177).
Ip client_of(const Ip&);
