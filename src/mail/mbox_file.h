// The format of an mbox, and how its file is opened (doc/man/mbox.5).
#pragma once
#include "lib/io.h"
#include "lib/sys.h"

// "From sender date" LF, the time in UTC: the line that begins a message. The
// empty sender is MAILER-DAEMON; blanks and line ends become hyphens.
void append_from_line(Buf&, Str sender, int64_t unix_seconds);

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

// An mbox open for appending.
struct OpenMbox {
  Fd fd;
  struct stat status;
  bool is_locked;  // no: its file system has no locks
};

// What a file of so many bytes lacks before the next From_ line: it needs an empty
// line in front, by which many readers know it, and a crash in the middle of a
// delivery leaves none. Nothing, if the file cannot be read.
Str gap_before_next(int fd, off_t size);

// Opens and locks it, made if missing. Whoever rewrites an mbox renames the new
// one over it while holding the lock of the old one, which is nobody's any more:
// so what is locked here has this name. ETIMEDOUT: the lock was somebody else's
// for so many seconds. Uses SIGALRM.
Result<OpenMbox> open_mbox(const char* path, unsigned seconds);
