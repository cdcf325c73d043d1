// The records of a forwarding database, a cdb (doc/man/fastforward.1):
// ":target" holds the commands, each ended by NUL, "?target" the owner's address.
#pragma once
#include "lib/bytes.h"
#include "lib/cdb.h"

inline constexpr char commands_of = ':', owner_of = '?';

// The key of a target, which counts in lower case.
void set_key(Buf&, char kind, Str target);

// All records of a cdb that is in memory, in the order of the file.
class RecordWalk {
 public:
  struct Record {
    Str key, data;
  };
  explicit RecordWalk(Str file);

  // The next record, nothing at the end. EPROTO: this is no cdb.
  Result<std::optional<Record>> next();

 private:
  Str rest_;
  bool good_ = false;
};
