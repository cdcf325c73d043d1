// What tcpserver does for one connection, in a process of its own.
#pragma once
#include "lib/net.h"

enum class Say { nothing, errors, status };

struct Settings {
  Say say = Say::errors;
  int child_errors = -1;                 // descriptor 2 of the command, when ours leads nowhere
  const char* rules = nullptr;           // -x
  bool missing_rules_allow = false;      // -X
  Str banner;                            // -B
  std::optional<Str> local_name;         // -l, else looked up
  bool look_up_remote = true;            // -h -H
  bool paranoid = false;                 // -p -P
  bool ask_ident = true;                 // -r -R
  int ident_seconds = 26;                // -t
  bool keep_ip_options = false;          // -o -O
  bool delay = true;                     // -d -D
  const char* const* command = nullptr;  // program and arguments
};

// Becomes the command, with the connection on descriptors 0 and 1 and the
// environment of tcp-environ(5), when the rules allow it. Exit: 100 they do not, 111
// something failed.
[[noreturn]] void serve(const Settings&, Fd connection, const Endpoint& remote);
