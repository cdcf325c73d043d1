// A child of a spawner that stays after its delivery for the next one of the
// same kind, with what it has set up for it (doc/internals.md, "A qmail-remote
// that keeps its connection"). The two share a socket, whose packets are:
//   from the spawner  device:inode of the program that it means to run
//   from the child    NUL: its report is written, and it waits for more
//   from the spawner  sender NUL, each recipient NUL; and the body's descriptor
// The last two take turns until the spawner closes the socket.
#pragma once
#include <sys/types.h>

#include <vector>

#include "lib/buf.h"
#include "lib/owned.h"
#include "lib/time.h"
#include "lib/watch.h"

inline constexpr int staying_fd = 4;                   // the child's end of the socket
inline constexpr size_t longest_next_command = 32768;  // longer ones need a child of their own

// The spawner's side: a child, with a delivery or between two.
struct Worker {
  void* delivery = nullptr;  // whatever the spawner knows of it by; null: it is idle
  pid_t pid = 0;
  WatchedFd output;  // closed at its end
  WatchedFd socket;  // open: it may stay
  Buf kind;          // of the deliveries that it can take
  unsigned deliveries = 1;
  Deadline begun = Deadline::in(0);
};

// The child's end of a new socket. The worker gets its own, and the offer is in it.
Result<Fd> offer_to_stay(Worker&, Watch& sockets, const char* file);

// Gives it the next delivery. False: it has ended, or cannot be given this one.
bool hand_over(Worker&, Str command, int body);

// What there is to read on its socket: is the report written? False: it will not stay.
bool has_reported(Worker&);

// Workers between two deliveries, each for a few seconds.
class IdleWorkers {
 public:
  Owned<Worker> take(Str kind);  // that was the last to come; or none

  // Ends it when it has done enough, and another when there are too many.
  void put(Owned<Worker>);
  void end(const void* worker);
  void end_some();           // whose time is over
  int milliseconds() const;  // until then; -1: there is none
  void end_all() { idle_.clear(); }

 private:
  struct Idle {
    Owned<Worker> worker;
    Deadline limit;
  };
  std::vector<Idle> idle_;  // the first has waited longest
};

// The child's side: was this program asked to stay, and not one that runs it?
// To be asked once.
bool is_asked_to_stay();

// Says that the report is written, and waits for the next delivery. The command is put
// into space, of longest_next_command bytes. Nothing: there will be none.
std::optional<Str> next_command(std::span<char> space, Fd& body);
