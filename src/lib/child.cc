#include "lib/child.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

Result<> become(Identity who) {
  if (geteuid() == 0) {
    TRY(check(setgroups(1, &who.gid)));
    TRY(check(setgid(who.gid)));
    TRY(check(setuid(who.uid)));
    return {};
  }
  if (who.uid != geteuid()) return Err{EPERM};
  if (who.gid == getegid()) return {};
  return check(setresgid(who.gid, who.gid, who.gid));
}

Result<> take_descriptors(std::span<const FdMove> fds) {
  constexpr size_t most = 16;
  int parked[most] = {};
  if (fds.size() > most) return Err{EINVAL};
  // Mostly none is in the place of another.
  bool apart = true;
  for (const FdMove& a : fds)
    for (const FdMove& b : fds) apart &= a.from != b.to || &a == &b;
  if (apart) {
    for (FdMove f : fds) TRY(check(f.from == f.to ? fcntl(f.to, F_SETFD, 0) : dup2(f.from, f.to)));
    return {};
  }
  // Parked above every target first, so that no move overwrites a source.
  for (size_t i = 0; i < fds.size(); ++i) {
    parked[i] = fcntl(fds[i].from, F_DUPFD_CLOEXEC, 32);
    TRY(check(parked[i]));
  }
  for (size_t i = 0; i < fds.size(); ++i) TRY(check(dup2(parked[i], fds[i].to)));
  return {};
}

void default_signals() {
  for (int sig : {SIGPIPE, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGINT, SIGXFSZ}) signal(sig, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<Fd> catch_signals(std::initializer_list<int> signals, sigset_t* before) {
  sigset_t caught;
  sigemptyset(&caught);
  for (int sig : signals) {
    signal(sig, SIG_DFL);
    sigaddset(&caught, sig);
  }
  TRY(check(sigprocmask(SIG_BLOCK, &caught, before)));
  return owned(signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
}

Result<Fd> watch(pid_t child) {
#ifdef SYS_pidfd_open
  return owned(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
#else
  return Err{ENOSYS};
#endif
}

Err exec_program(const char* file, const char* const* argv, char* const* environment) {
  if (environment) environ = const_cast<char**>(environment);
  execvp(file, const_cast<char* const*>(argv));
  return Err::last();
}

// Runs in the child of a vfork: nothing here may change memory that the parent
// would miss, and it ends in exec or _exit.
Err exec_command(const Command& c) {
  if (auto r = take_descriptors(c.fds); !r.ok()) return r.error();
  if (c.open_files && setrlimit(RLIMIT_NOFILE, c.open_files) == -1) return Err::last();
  if (c.dir && chdir(c.dir) == -1) return Err::last();
  if (c.identity)
    if (auto r = become(*c.identity); !r.ok()) return r.error();
  if (c.blocked) {
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, c.blocked, nullptr);
  } else {
    default_signals();
  }
  return exec_program(c.file, c.argv, c.environment);
}

// Where a caller of ours had SIGCHLD ignored, children would leave no status.
void expect_children() {
  struct sigaction now;
  if (sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);
}

Result<pid_t> spawn(const Command& c) {
  volatile int failure = 0;
  expect_children();
  // Handlers of ours must not run in the child, where they would change our memory.
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  char** const ours = environ;
  pid_t pid = vfork();
  if (pid == 0) {
    failure = exec_command(c).code;
    _exit(111);
  }
  int fork_error = errno;
  environ = ours;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid == -1) return Err{fork_error};
  if (failure == 0) return pid;
  while (waitpid(pid, nullptr, 0) == -1 && errno == EINTR) {
  }
  return Err{failure};
}

Result<int> wait_for(pid_t pid) {
  int status;
  for (;;) {
    if (waitpid(pid, &status, 0) == pid) return status;
    if (errno != EINTR) return Err::last();
  }
}

Result<Ended> reap() {
  Ended e = {0, 0};
  e.pid = waitpid(-1, &e.status, WNOHANG);
  if (e.pid == -1 && errno == ECHILD) e.pid = 0;
  if (e.pid == -1) return Err::last();
  return e;
}

std::optional<int> exit_code(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return {};
}
