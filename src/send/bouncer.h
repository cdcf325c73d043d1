// Bounces under way: a qmail-bounce for each message, at most 10 at once.
#pragma once
#include <vector>

#include "lib/sys.h"
#include "send/job.h"
#include "send/settings.h"

class Bouncer {
 public:
  bool has_room(size_t on_their_way) const;  // for one more than those
  bool is_idle() const { return running_.empty(); }

  // An Err: it could not be started, and is to be tried later.
  Result<> start(Job&, const Settings&);

  // A child has ended: was it one of these? qp is the pid of the bounce's
  // qmail-queue; nothing when the bounce is not in the queue.
  struct Outcome {
    Job* job;
    std::optional<uint64_t> qp;
  };
  std::optional<Outcome> child_ended(pid_t, int status);

 private:
  struct Running {
    pid_t pid;
    Job* job;
    Fd answer;
  };
  std::vector<Running> running_;
};
