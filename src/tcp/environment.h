// The environment that UCSPI-TCP promises a program: tcp-environ(5).
#pragma once
#include "lib/net.h"

// One end of a connection and what is known about it.
struct End {
  Endpoint at;
  std::optional<Buf> host{};
  std::optional<Buf> info{};  // of the remote end
};

// Sets or removes PROTO and all TCPLOCAL..., TCPREMOTE... and TCP6... variables.
void set_environment(const End& local, const End& remote);

// Sets the variable, or removes it when there is no value.
void set_variable(Str name, std::optional<Str> value);
