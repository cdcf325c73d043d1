// Line ends of a stream that comes in pieces. What each makes of a piece is
// appended to out.
#pragma once
#include "lib/buf.h"

// A CR in front of every LF, whatever stands there already.
void append_with_cr(Buf& out, Str piece);

// A CR in front of every LF that has none.
class CrCompleter {
 public:
  void append(Buf& out, Str piece);

 private:
  char last_ = 0;
};

// Without the CR in front of an LF; of several CRs one goes.
class CrRemover {
 public:
  void append(Buf& out, Str piece);
  void end(Buf& out);  // a CR may wait for what never came

 private:
  bool held_ = false;  // a CR
};
