// What an installation consists of, with owners and modes: installed by
// qmail-install, verified by instcheck. The queue is in mail/queue_layout.h.
#pragma once
#include <vector>

#include "lib/buf.h"
#include "mail/instance.h"

struct Place {
  enum class Kind : uint8_t { directory, file };
  Kind kind;
  mode_t mode;
  uid_t Roles::*owner;  // the group is qmail
  Buf path;             // relative to the root of the installation; empty: the root itself
  Buf source;           // of a file: relative to the source tree
};

// Directories stand before what is in them. build: the folder of the build.
std::vector<Place> installed_places(Str build);
