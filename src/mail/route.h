// Where a recipient goes: the one place that knows locals, virtualdomains and
// percenthack (doc/man/qmail-send.8).
#pragma once
#include "mail/control.h"

enum class Channel : uint8_t { local, remote };

struct Route {
  // Which rule decided; line is its entry as it stands in the control file.
  enum class Reason : uint8_t { locals, virtualdomains, exception, no_rule };

  Channel channel = Channel::remote;
  Reason reason = Reason::no_rule;
  Buf line;

  // What the delivery is given: for a virtual domain "prepend-user@host".
  Buf address;
  size_t prepended = 0;  // bytes of address in front of the recipient's own
  Str plain() const { return slice(address, prepended); }
};

class Router {
 public:
  // Reads the control files anew. An Err names no file: which is set to the one
  // that could not be read.
  static Result<Router> read(const Control&, const char*& which);

  void route(Str recipient, Route&) const;

 private:
  Router() = default;
  Buf envnoathost_;
  std::optional<Table> locals_, virtualdomains_, percenthack_;
};
