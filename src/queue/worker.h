// The processes of qmail-queue that qmail-queued keeps.
#pragma once
#include <poll.h>
#include <sys/types.h>

#include <vector>

#include "lib/sys.h"
#include "lib/time.h"

// Each serves one connection at a time, and says when it is ready for the next.
class Workers {
 public:
  // most: processes at once; most_of_one: for connections of one uid. file: the
  // program, by its path, and its device:inode.
  Workers(size_t most, size_t most_of_one, const char* file, const char* file_id)
      : most_(most), most_of_one_(most_of_one), file_(file), file_id_(file_id) {}

  // Starts one, which is ready after some time.
  Result<> start();

  // Passes a connection on to a process that is idle, or to a new one. False:
  // there are as many as may be; an Err: there is no process to be had.
  Result<bool> take(int connection, uid_t);

  // What to wait for, appended; then, of the same entries, what poll found.
  void watch(std::vector<pollfd>&) const;
  void hear(std::span<const pollfd>);

  // Ends those that nobody needed for a while, but one. Milliseconds until there
  // may be others; -1: none.
  int dismiss_idle();

  bool any_ready() const;
  bool empty() const { return workers_.empty(); }

 private:
  struct Worker {
    Fd channel;
    int balance = -1;  // of what it said and what it was given: 0 when it is ready
    uid_t uid = 0;     // of the connection it serves
    bool ended = false;
    Deadline until = Deadline::in(0);  // ready: when it is dismissed
    bool ready() const { return balance == 0; }
  };
  Worker* find_ready();

  size_t most_, most_of_one_;
  const char* file_;
  const char* file_id_;
  std::vector<Worker> workers_;
};
