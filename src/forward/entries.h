// What a line of .forward, /etc/aliases or an :include: file names, as sendmail
// reads them: addresses of RFC 822, "|commands", /files and :include: files.
#pragma once
#include <vector>

#include "mail/rewrite.h"

struct Entry {
  enum class Kind : uint8_t {
    nothing,   // an empty address, such as <>
    address,   // with a local part
    wildcard,  // @host: only an alias can be that
    command,
    file,
    list,  // an :include: file
  };
  Kind kind = Kind::nothing;
  bool has_host = false;  // of an address: whether an @ was written
  Buf text;               // address: as it was written, without quotes; command without the bar, name of a file
  Buf full;               // address: completed
};

// Longest address, completed, that databases and lists take.
inline constexpr size_t longest_listed_address = 800;

// The entries of a line, which may have continuation lines, from left to right.
// Nothing: it is malformed.
std::optional<std::vector<Entry>> parse_entries(Str line, const AddressRules&);
