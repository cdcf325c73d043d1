// What tcpserver and tcpclient find out about a connection, besides its addresses.
#pragma once
#include "tcp/environment.h"

struct Inquiry {
  std::optional<Str> local_name;  // -l, else looked up
  bool look_up_remote = true;     // -h -H
  bool paranoid = false;          // -p -P
  bool ask_ident = true;          // -r -R
  int ident_seconds = 26;         // -t
};

// The letters h, H, r, R, l and t of a command line. False: another one, or a value
// that is none.
[[nodiscard]] bool set_option(Inquiry&, char letter, const char* value);

// Is anybody asked?
bool takes_time(const Inquiry&);

// Sets the names of both ends and the remote end's info. What is not known in time
// is left out.
void inquire(const Inquiry&, End& local, End& remote);
