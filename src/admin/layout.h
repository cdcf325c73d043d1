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

// Has the set-uid bit been taken from this installation's qmail-queue on purpose?
// That is so when it is not there and qmail-queued has run; who loses the bit by a
// careless copy gets it back. Then this is the place of qmail-queue: root's.
bool is_meant_without_set_uid(Str root);
void take_set_uid(Place&);
