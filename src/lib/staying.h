// A child that stays after its task for the next one of the same kind, with what it
// has set up for it: a qmail-remote keeps its connection, a qmail-smtpd its place
// (doc/internals.md). The two share a socket, whose packets are:
//   from the parent  the offer: device:inode of the program that it means to run
//   from the child   NUL: the task is done, and it waits for more
//   from the parent  the next task in words, and a descriptor
// The last two take turns until the parent closes the socket. A child that writes a
// report says NUL at its end: by the offer, to which another : and a number is added
// that nobody else can guess. Then the socket takes nothing from the child: if that is
// another user's, the parent might have to wait to close what could be passed to it.
#pragma once
#include <sys/types.h>

#include <vector>

#include "lib/buf.h"
#include "lib/owned.h"
#include "lib/time.h"
#include "lib/watch.h"

inline constexpr int staying_fd = 4;                // the child's end of the socket
inline constexpr size_t longest_next_task = 32768;  // longer ones need a child of their own

// How long a child may stay, and how many.
struct StayLimits {
  int64_t idle_milliseconds;
  int64_t life_milliseconds;  // from its start: then it is given no more, and does not wait either
  unsigned most_tasks;
  size_t most_idle;
};

// The parent's side: a child, with a task or between two.
struct Worker {
  void* task = nullptr;  // whatever the parent knows of it by; null: it is idle
  pid_t pid = 0;
  WatchedFd output;  // closed at its end
  WatchedFd socket;  // open: it may stay
  Buf offer;         // with which it ends its report
  Buf kind;          // of the tasks that it can take
  unsigned tasks = 1;
  Deadline life = Deadline::in(0);

  ~Worker() { dismiss(); }

  // It does not stay, and sees that at once, also where a process that was forked
  // meanwhile holds a copy of our end.
  void dismiss();
};

// The file that exec of a name without '/' would run, if that is by a full path.
bool find_program(Str name, Buf& file);

// For the kind: tells one state of a file from every other, a missing one's too.
void append_state(Buf&, Result<struct stat>);

// The child's end of a new socket. The worker gets its own, and the offer is in it.
// The second is for a child that writes reports.
Result<Fd> offer_to_stay(Worker&, const StayLimits&, Watch& sockets, const char* file);
Result<Fd> offer_to_stay(Worker&, const StayLimits&, const struct stat& file);

// Gives it the next task. False: it has ended, or cannot be given this one.
bool hand_over(Worker&, Str task, int fd);

// What there is to read on its socket: is its task done? False: it will not stay.
bool has_reported(Worker&);

// The same of its report: is that all? Then the offer is taken off its end.
bool has_reported(const Worker&, Buf& report);

// Workers between two tasks.
class IdleWorkers {
 public:
  explicit IdleWorkers(const StayLimits& limits) : limits_(limits) {}

  Owned<Worker> take(Str kind);  // that has most time left; or none

  // Ends it when it has done enough, and another when there are too many.
  void put(Owned<Worker>);
  void end(const void* worker);
  void end(pid_t);           // that has ended: others may hold its descriptors open
  void end_one();            // whose time is over first, if there is one
  void end_some();           // whose time is over
  int milliseconds() const;  // until then; -1: there is none
  size_t size() const { return idle_.size(); }
  void end_all() { idle_.clear(); }

 private:
  struct Idle {
    Owned<Worker> worker;
    Deadline limit;  // of its waiting, and of its life
  };
  StayLimits limits_;
  std::vector<Idle> idle_;  // by their limits
};

// The child's side: was this program asked to stay, and not one that runs it?
// To be asked once.
bool is_asked_to_stay();

// Says that the task is done. False: there will be no other.
bool end_task();

// Waits for the next one, for which staying_fd can be read. Its words are put into
// space, of longest_next_task bytes. Nothing: there will be none.
std::optional<Str> next_task(std::span<char> space, Fd&);

// The same for a child that writes a report on descriptor 1. A task ends with NUL. Empty:
// there will be none. An Err: there was one that cannot be taken, and has failed.
Result<Str> next_task(Str report, std::span<char> space, Fd&);

// The kinds of late, as far as there is room to remember them: one that comes again
// soon is worth a process that stays.
class RecentKinds {
 public:
  bool came_lately(Str kind, const StayLimits&);  // while one would have waited; now it has

 private:
  struct Recent {
    uint32_t hash = 0;
    std::optional<Deadline> until;
  };
  std::array<Recent, 1024> recent_;
};
