// The environment that UCSPI-TCP promises a program: tcp-environ(5).
#pragma once
#include <vector>

#include "lib/net.h"

// One end of a connection and what is known about it.
struct End {
  Endpoint at;
  std::optional<Buf> host{};
  std::optional<Buf> info{};  // of the remote end
};

// What a program is to find in its environment: ours, and what is changed. Nothing
// of ours is written to.
class Environment {
 public:
  Environment();
  void set(Str name, std::optional<Str> value);  // no value: removed

  // As exec wants it; valid until the next change, as long as this object.
  char* const* list();

 private:
  struct Variable {
    char* inherited;  // or null: of our own
    size_t offset;    // then in text_
  };
  Str text_of(const Variable&) const;
  std::vector<Variable> variables_;
  Buf text_;
  std::vector<char*> list_;
};

// Sets or removes PROTO and all TCPLOCAL..., TCPREMOTE... and TCP6... variables.
void set_environment(Environment&, const End& local, const End& remote);
