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
  // most: processes at once; most_of_one: for connections of one uid, or 0: as long
  // as there is room for as many of others. file: the program, by its path.
  Workers(size_t most, size_t most_of_one, const char* file) : most_(most), most_of_one_(most_of_one), file_(file) {}

  // Looks whether the program is still the file that it was, and dismisses the
  // processes of another one. True: no process of what is there now has
  // been ready yet.
  Result<bool> look();

  // Starts one, which is ready after some time.
  Result<> start();

  // Passes a connection on to a process that is idle, or to a new one. False:
  // there are as many as may be; an Err: no process can be had.
  Result<bool> take(int connection, uid_t);

  // What to wait for, appended; then, of the same entries, what poll found.
  void watch(std::vector<pollfd>&) const;
  void hear(std::span<const pollfd>);

  // Ends those that nobody needed for a while, but one. Milliseconds until there
  // may be others; -1: none.
  int dismiss_idle();

  bool any_ready() const;

 private:
  struct Worker {
    Fd channel;
    int balance = -1;     // of what it said and what it was given: 0 when it is ready
    uid_t uid = 0;        // of the connection it serves
    bool former = false;  // of a file that is the program no longer
    bool ended = false;
    Deadline until = Deadline::in(0);  // ready: when it is dismissed
    bool ready() const { return balance == 0; }
  };
  Worker* find_ready();
  bool may_have_another(uid_t) const;
  void erase_ended();

  size_t most_, most_of_one_;
  const char* file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool serves_ = false;  // this file does
  std::vector<Worker> workers_;
};
