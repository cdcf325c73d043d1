// dot-qmail files: which one answers for an address, and what its lines say
// (doc/man/dot-qmail.5).
#pragma once
#include "lib/buf.h"
#include "lib/sys.h"

struct DotQmail {
  enum class Found : uint8_t {
    exact,      // .qmail DASH EXT
    catch_all,  // .qmail DASH PREFIX default
    missing,
    writable,  // there is one, but others may write to it: not to be trusted
  };
  Found found = Found::missing;
  Buf name;  // the file that decided; of missing ones the one named exactly
  Fd file;
  bool forward_only = false;           // its owner's x bit is set
  std::optional<size_t> default_from;  // where in ext $DEFAULT begins
};

// Searches the working directory, a user's home. An Err: a file may be there but
// cannot be opened; trying is its name.
Result<DotQmail> find_dot_qmail(Str dash, Str ext, Buf& trying);

// ".qmail" DASH EXT: ext in lower case, and no dot in it, so that it can never
// climb out of the home.
void set_dot_qmail_name(Buf&, Str dash, Str ext);

struct Instruction {
  enum class Kind : uint8_t { nothing, comment, mbox, maildir, command, forward, list };
  Kind kind;
  Str text;  // path, command or address
};
Instruction parse_instruction(Str line);
