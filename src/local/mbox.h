// Delivery into an mbox file (doc/man/mbox.5).
#pragma once
#include "lib/io.h"
#include "local/trace.h"

// Writes a message's lines so that none looks like the start of another message:
// every line that matches >*From_ gets one more > in front. Takes the message in
// pieces of any size.
class FromQuoter {
 public:
  explicit FromQuoter(Writer& out) : out_(out) {}
  Result<> put(Str piece);
  Result<> finish();  // ends the last line, should it not be, and adds an empty one

 private:
  Result<> release();  // writes what was held back

  Writer& out_;
  bool at_start_ = true;  // of a line, which may still match
  size_t quotes_ = 0;     // held back: so many >, and so much of "From "
  size_t matched_ = 0;
};

// Appends the message on the descriptor, from its position on, to the mbox. Empty:
// it is on the disk. Else what to report, without the LF; the mbox is then as it
// was, if it could be locked. All failures are temporary.
Buf deliver_to_mbox(const char* path, int message, const TraceLines&);
