// A message's body as SMTP carries it (RFC 5321 sections 2.3.8 and 4.5.2).
#pragma once
#include "lib/str.h"

// Lines end with LF in a file; CRLF and a CR alone count as ends too, so that
// neither CR nor LF ever goes out alone, and nobody on the way can see an end of
// the message where we see none. A line that begins with a dot gets a second one.
class SmtpBody {
 public:
  // Room for the wire form of n bytes, the line end that may be owed before them included.
  static constexpr size_t room_for(size_t n) { return 2 * n + 2; }

  // Writes the wire form of the next bytes of the body to out and returns its length.
  size_t encode(Str bytes, char* out);

  // The same at the end of the body.
  size_t finish(char* out);

  // After finish: did the last line have an end? An empty body has no line.
  bool complete() const { return line_begins_; }

 private:
  bool line_begins_ = true;
  bool after_cr_ = false;  // its line end is written when what follows is known
};
