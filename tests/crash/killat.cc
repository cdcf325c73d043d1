// killat one|all|count NAME N report program [ arg ... ] -- kill at the N-th system call.
//
// Runs program and counts the system calls by which processes named NAME among
// it and all its descendants touch the world outside of them (those below); for
// NAME `-` those of all; with +N only from SIGUSR1 on. At the N-th, before it is
// carried out: `one` kills the process that makes it, `all` kills every
// descendant at once, `count` lets all go on. Just before that `killed NAME
// CALL` is appended to the file report; at the end, for `count`, the number.
// Exits when all descendants have ended, with the program's code, or 128 and
// the signal.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "lib/die.h"
#include "lib/io.h"
#include "lib/sys.h"

const char program[] = "killat";

// What changes files, processes or the network, and exit itself. A kill at any
// other call looks from outside like one at the next of these.
static constexpr int counted[] = {
#ifdef SYS_open
    SYS_open,      SYS_creat,     SYS_rename,    SYS_link,       SYS_unlink,   SYS_mkdir,           SYS_fork,
    SYS_vfork,     SYS_chmod,
#endif
    SYS_openat,    SYS_write,     SYS_writev,    SYS_pwrite64,   SYS_sendfile, SYS_copy_file_range, SYS_fsync,
    SYS_fdatasync, SYS_renameat,  SYS_renameat2, SYS_linkat,     SYS_unlinkat, SYS_mkdirat,         SYS_fchmod,
    SYS_fchown,    SYS_utimensat, SYS_ftruncate, SYS_truncate,   SYS_flock,    SYS_clone,           SYS_execve,
    SYS_connect,   SYS_sendto,    SYS_shutdown,  SYS_exit_group,
};

enum class Mode { one, all, count };

static volatile sig_atomic_t told_to_begin;
static void on_usr1(int) { told_to_begin = 1; }

[[noreturn]] static void run_traced(char** argv) {
  constexpr unsigned n = sizeof counted / sizeof *counted;
  std::vector<sock_filter> filter;
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (unsigned i = 0; i < n; ++i)
    filter.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(counted[i]), static_cast<unsigned char>(n - i), 0));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  sock_fprog code = {static_cast<unsigned short>(filter.size()), filter.data()};
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  raise(SIGSTOP);  // until the options are set
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code) == -1) die_unable(temporary, {"set the filter"}, Err::last());
  execvp(argv[0], argv);
  die_unable(temporary, {"run ", Str(argv[0])}, Err::last());
}

// The name of a process, as in its comm.
static Str name_of(pid_t pid) {
  static char name[32];
  char fn[32];
  snprintf(fn, sizeof fn, "/proc/%d/comm", pid);
  int fd = open(fn, O_RDONLY | O_CLOEXEC);
  if (fd == -1) return "?";
  ssize_t got = read(fd, name, sizeof name);
  close(fd);
  return got > 0 ? Str(name, static_cast<size_t>(got) - 1) : Str("?");
}

struct Call {
  uint64_t number, arguments[6];
};
static Call call_of(pid_t pid) {
  struct __ptrace_syscall_info info {};
  ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
  Call c{info.seccomp.nr, {}};
  for (size_t i = 0; i < 6; ++i) c.arguments[i] = info.seccomp.args[i];
  return c;
}

// An open that creates nothing changes nothing.
static bool changes_nothing(const Call& c) {
  if (c.number == SYS_openat) return !(c.arguments[2] & O_CREAT);
#ifdef SYS_open
  if (c.number == SYS_open) return !(c.arguments[1] & O_CREAT);
#endif
  return false;
}

int main(int argc, char** argv) {
  if (argc < 6) die_usage("killat one|all|count NAME N report program [ arg ... ]");
  Mode mode = Str(argv[1]) == "one" ? Mode::one : Str(argv[1]) == "all" ? Mode::all : Mode::count;
  Str victim = slice(argv[2], 0, 15);  // what a comm can hold
  bool waits = argv[3][0] == '+';      // strtoull takes the sign
  auto stop_at = strtoull(argv[3], nullptr, 10);

  Fd report = must(open_append(argv[4], 0666), {"open ", Str(argv[4])});

  pid_t first = fork();
  if (first == -1) die_unable(temporary, {"fork"}, Err::last());
  if (first == 0) run_traced(argv + 5);
  int status;
  waitpid(first, &status, 0);
  ptrace(PTRACE_SETOPTIONS, first, 0,
         PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
             PTRACE_O_EXITKILL);
  struct sigaction begin {};
  begin.sa_handler = on_usr1;  // without SA_RESTART: waitpid is to notice
  sigaction(SIGUSR1, &begin, nullptr);
  ptrace(PTRACE_CONT, first, 0, 0);

  unsigned long long calls = 0;
  bool started = false;  // program runs; before it there is only us
  bool all_die = false;
  int code = 0;
  std::vector<pid_t> alive{first};
  while (!alive.empty()) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid == -1 && errno == EINTR) continue;
    if (pid == -1) break;
    if (!WIFSTOPPED(status)) {
      std::erase(alive, pid);
      if (pid == first) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    if (std::find(alive.begin(), alive.end(), pid) == alive.end()) alive.push_back(pid);
    int sig = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_EXEC) started = true;
    if (all_die) {  // it was only just born
      kill(pid, SIGKILL);
      continue;
    }
    bool counts = event == PTRACE_EVENT_SECCOMP && started && (told_to_begin || !waits) &&
                  (victim == "-" || victim == name_of(pid)) && !changes_nothing(call_of(pid));
    if (counts && ++calls == stop_at) {
      Buf text;
      text.set("killed "sv, name_of(pid), " "sv, Num(call_of(pid).number), "\n"sv);
      must(write_all(report.get(), text), {"write ", Str(argv[4])});
      all_die = mode == Mode::all;
      for (pid_t p : alive)
        if (p == pid || all_die) kill(p, SIGKILL);
      continue;
    }
    // A stop of ptrace's own is not a signal to pass on.
    bool own = event != 0 || sig == SIGSTOP || sig == SIGTRAP;
    ptrace(PTRACE_CONT, pid, 0, own ? 0 : sig);
  }
  if (mode == Mode::count) dprintf(report.get(), "calls %llu\n", calls);
  return code;
}
