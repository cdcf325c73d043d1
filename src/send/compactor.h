// Makes state files smaller that have grown: a child (qmail-compact) writes and
// syncs a new one beside the old, which then takes its place, if nothing was
// appended in the meantime (doc/internals.md).
#pragma once
#include <vector>

#include "lib/sys.h"
#include "send/job.h"

class Compactor {
 public:
  // Of a message that is about to be closed. What cannot be started now is tried
  // at its next rest.
  void start_if_it_pays(Job&);

  // Is this child one of these? The message's ID. Then finish is to be called, with
  // the message if it is known and nobody has it open: only then can its file be
  // replaced.
  std::optional<uint64_t> child_ended(pid_t) const;
  void finish(pid_t, int status, Known*);

  // New files that a crash left; only before the first start.
  static void remove_leftovers(uint64_t split);

 private:
  struct Running {
    pid_t pid;
    uint64_t id;
    struct stat before;  // of the old file
    Fd fresh;
  };
  std::vector<Running> running_;
};
