// The client's end of qmail-send's control socket (doc/internals.md).
#pragma once
#include "lib/buf.h"
#include "lib/sys.h"

class ControlClient {
 public:
  // In queue/. False: no qmail-send answers there.
  Result<bool> open();
  bool is_open() const { return fd_.is_open(); }

  // Sends a request and waits, a minute at most, for its answer, of which the sign is taken off:
  // true for +, false for -.
  Result<bool> ask(Str request, Buf& answer);

 private:
  Fd fd_;
};
