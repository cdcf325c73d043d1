// Running other programs.
#pragma once
#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "lib/sys.h"

// Who a process becomes: the groups are exactly gid, none beside it.
struct Identity {
  uid_t uid;
  gid_t gid;
};

// Gives up this process's identity for good. A caller who is not root may only
// keep its uid (a trial instance, where every role is one user) and take a gid
// that it holds as its real or saved one; anything else is EPERM.
Result<> become(Identity);

// A descriptor of the parent's and the number it gets in the child. The numbers
// of the child may be those of other parent's descriptors: all are moved at once.
struct FdMove {
  int from, to;
};

struct Command {
  const char* file;               // searched on PATH when it holds no '/'
  const char* const* argv;        // ends with null
  std::span<const FdMove> fds{};  // all other descriptors of ours are close-on-exec
  const char* dir = nullptr;      // its working directory; null: ours
  const Identity* identity = nullptr;
  char* const* environment = nullptr;  // null: ours
  const rlimit* open_files = nullptr;  // its limit of open files; null: ours
  const sigset_t* blocked = nullptr;   // signals that are blocked, SIGPIPE at its default and all else as ours;
                                       // null: none is blocked, and all are at their defaults
};

// Makes sure that children can be waited for, also where SIGCHLD was ignored when
// this program started. spawn does it; before a fork it is the caller's to do.
void expect_children();

// Starts a program without copying this one (vfork): waits until it runs, so that
// whoever may send signals to the identity it takes could hold this one up.
// Whatever fails before that, exec included, is the Err, and then there is no child.
Result<pid_t> spawn(const Command&);

// The same in place of this program, which a fork made for it; returns only on error.
Err exec_command(const Command&);

// Moves descriptors into place, all at once.
Result<> take_descriptors(std::span<const FdMove>);

// Signals that wait in a descriptor until they are read from it (signalfd(2)), not
// blocking: no handler, no race. They are blocked, and at their defaults, as our
// caller may have ignored them. before: the signals that were blocked.
Result<Fd> catch_signals(std::initializer_list<int>, sigset_t* before = nullptr);

// Signals at their defaults and unblocked, for a child that a fork made.
void default_signals();

// A descriptor that is ready to read when the child has ended (pidfd_open(2));
// ENOSYS on kernels before 5.3.
Result<Fd> watch(pid_t);

// The child's raw wait status, whatever interrupts the wait.
Result<int> wait_for(pid_t);

// Children that have ended, one at a time and without waiting; pid 0: none.
struct Ended {
  pid_t pid;
  int status;
};
Result<Ended> reap();

// How a program ended. code is the exit code, or nothing when a signal killed it.
std::optional<int> exit_code(int status);

// Replaces this program and returns only on error. Without an environment it is
// ours that the program gets; PATH is that of what it gets.
Err exec_program(const char* file, const char* const* argv, char* const* environment = nullptr);
