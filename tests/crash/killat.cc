// killat HOW NAME N report program [ arg ... ] -- what if the N-th system call never came, or failed?
//
// Runs program and counts the system calls of the processes named NAME among it
// and all its descendants; for NAME `-` those of all; with +N only from SIGUSR1
// on. At the N-th, before it is carried out, HOW says what happens:
//   one    the process that makes it is killed
//   all    every descendant is killed at once
//   ENOSPC or another error: it fails with that and nothing is done (a close is
//          done, and fails)
//   short  it reads or writes one byte, though more was asked for
//   count  nothing
// For one, all and count only calls count that touch the world outside of the
// processes (those below), for short only those that can be shortened, for an
// error all that can fail. The file report gets a line `killed NAME CALL`
// or `failed NAME CALL` just before, for errors and short also `sync PID FILE` for
// each sync and `sync PID FILE failed` for one that was made to fail; at the end
// `calls N`, but for one and all. Exits when all descendants have ended, with the program's
// code, or 128 and the signal.
#include <elf.h>
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "lib/die.h"
#include "lib/io.h"
#include "lib/sys.h"

const char program[] = "killat";

// What changes files, processes or the network, and exit itself. A kill at any
// other call looks from outside like one at the next of these.
static constexpr int counted[] = {
#ifdef SYS_open
    SYS_open,      SYS_creat,     SYS_rename,    SYS_link,     SYS_unlink,     SYS_mkdir,           SYS_fork,
    SYS_vfork,     SYS_chmod,
#endif
    SYS_openat,    SYS_write,     SYS_writev,    SYS_pwrite64, SYS_sendfile,   SYS_copy_file_range, SYS_fsync,
    SYS_fdatasync, SYS_renameat,  SYS_renameat2, SYS_linkat,   SYS_unlinkat,   SYS_mkdirat,         SYS_fchmod,
    SYS_fchown,    SYS_utimensat, SYS_ftruncate, SYS_truncate, SYS_flock,      SYS_clone,           SYS_execve,
    SYS_connect,   SYS_sendto,    SYS_sendmsg,   SYS_shutdown, SYS_exit_group,
};

// Calls that never fail, or only when a program is wrong.
static constexpr int never_fail[] = {
#ifdef SYS_alarm
    SYS_alarm,         SYS_getpgrp,       SYS_arch_prctl,
#endif
    SYS_exit,          SYS_exit_group,    SYS_rt_sigreturn, SYS_rt_sigaction,    SYS_rt_sigprocmask,
    SYS_getpid,        SYS_getppid,       SYS_gettid,       SYS_getuid,          SYS_geteuid,
    SYS_getgid,        SYS_getegid,       SYS_umask,        SYS_sched_yield,     SYS_set_tid_address,
    SYS_setitimer,     SYS_clock_gettime, SYS_gettimeofday, SYS_set_robust_list, SYS_prctl,
    SYS_rt_sigsuspend,
};

enum class Mode { one, all, count, shorten, fail };

struct NamedError {
  Str name;
  int code;
};
static constexpr NamedError errors[] = {
    {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EIO", EIO},     {"EMFILE", EMFILE},
    {"ENFILE", ENFILE}, {"ENOMEM", ENOMEM}, {"EROFS", EROFS}, {"EINTR", EINTR},
};
static int error_code;

// For errors all calls are looked at but those of the list, otherwise those of the list.
static bool names_exceptions(Mode mode) { return mode == Mode::fail || mode == Mode::shorten; }

static volatile sig_atomic_t told_to_begin;
static void on_usr1(int) { told_to_begin = 1; }

[[noreturn]] static void run_traced(Mode mode, char** argv) {
  std::vector<int> list(std::begin(counted), std::end(counted));
  if (names_exceptions(mode)) list.assign(std::begin(never_fail), std::end(never_fail));
  auto n = static_cast<unsigned>(list.size());
  std::vector<sock_filter> filter;
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (unsigned i = 0; i < n; ++i)
    filter.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(list[i]), static_cast<unsigned char>(n - i), 0));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, names_exceptions(mode) ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, names_exceptions(mode) ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE));
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

// Which argument says how much is read or written; nothing for other calls.
static std::optional<size_t> length_argument(const Call& c) {
  switch (c.number) {
    case SYS_read:
    case SYS_write:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_readv:
    case SYS_writev:
    case SYS_sendto:
    case SYS_recvfrom: return 2;
    case SYS_sendfile: return 3;
    case SYS_copy_file_range: return 4;
    default: return std::nullopt;
  }
}

// The registers of a process that is stopped at the entry of a call.
class Registers {
 public:
  explicit Registers(pid_t pid) : pid_(pid) { move(PTRACE_GETREGSET); }
  void store() { move(PTRACE_SETREGSET); }

#if defined __x86_64__
  void set_argument(size_t n, uint64_t value) {
    unsigned long long* places[] = {&all_.rdi, &all_.rsi, &all_.rdx, &all_.r10, &all_.r8, &all_.r9};
    *places[n] = value;
  }
  void set_result(int64_t result) { all_.rax = static_cast<uint64_t>(result); }
  void skip_call() { all_.orig_rax = ~0ULL; }
#elif defined __aarch64__
  void set_argument(size_t n, uint64_t value) { all_.regs[n] = value; }
  void set_result(int64_t result) { all_.regs[0] = static_cast<uint64_t>(result); }
  void skip_call() {
    int none = -1;
    iovec call = {&none, sizeof none};
    ptrace(PTRACE_SETREGSET, pid_, NT_ARM_SYSTEM_CALL, &call);
  }
#else
#error "which registers hold a system call's arguments and result?"
#endif

 private:
  void move(__ptrace_request direction) {
    iovec whole = {&all_, sizeof all_};
    ptrace(direction, pid_, NT_PRSTATUS, &whole);
  }

  pid_t pid_;
  user_regs_struct all_{};
};

static void let_fail(pid_t pid, const Call& call) {
  Registers r(pid);
  if (call.number == SYS_close) {
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    int status;
    waitpid(pid, &status, __WALL);
    r = Registers(pid);
  } else {
    r.skip_call();
  }
  r.set_result(-error_code);
  r.store();
}

static void shorten(pid_t pid, const Call& call) {
  Registers r(pid);
  r.set_argument(*length_argument(call), 1);
  r.store();
}

// A file that a process has open, as DEVICE:INODE.
static Buf file_of(pid_t pid, uint64_t fd) {
  Buf name, id;
  name.set("/proc/", Num(static_cast<uint64_t>(pid)), "/fd/", Num(fd));
  struct stat st {};
  stat(name.c_str(), &st);
  id.set(Num(st.st_dev), ":", Num(st.st_ino));
  return id;
}

static bool is_sync(const Call& c) {
  return c.number == SYS_fsync || c.number == SYS_fdatasync || c.number == SYS_syncfs;
}

static bool counts(Mode mode, const Call& call) {
  // A wait that does not wait has nothing to fail with, but where there are no children.
  if (mode == Mode::fail) return call.number != SYS_wait4 || !(call.arguments[2] & WNOHANG);
  if (mode != Mode::shorten) return !changes_nothing(call);
  auto length = length_argument(call);
  return length && call.arguments[*length] > 1;
}

static Mode mode_of(Str how) {
  for (const NamedError& e : errors)
    if (how == e.name) {
      error_code = e.code;
      return Mode::fail;
    }
  if (how == "short") return Mode::shorten;
  return how == "one" ? Mode::one : how == "all" ? Mode::all : Mode::count;
}

int main(int argc, char** argv) {
  if (argc < 6) die_usage("killat how NAME N report program [ arg ... ]");
  Mode mode = mode_of(argv[1]);
  Str victim = slice(argv[2], 0, 15);  // what a comm can hold
  bool waits = argv[3][0] == '+';      // strtoull takes the sign
  auto stop_at = strtoull(argv[3], nullptr, 10);

  Fd report = must(open_append(argv[4], 0666), {"open ", Str(argv[4])});

  pid_t first = fork();
  if (first == -1) die_unable(temporary, {"fork"}, Err::last());
  if (first == 0) run_traced(mode, argv + 5);
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
    bool looks = event == PTRACE_EVENT_SECCOMP && started && (told_to_begin || !waits) &&
                 (victim == "-" || victim == name_of(pid));
    Call call = looks ? call_of(pid) : Call{};
    bool here = looks && counts(mode, call) && ++calls == stop_at;
    Buf text;
    Num pid_digits(static_cast<uint64_t>(pid));
    bool kills = mode == Mode::one || mode == Mode::all;
    if (here && mode != Mode::count) text.add(kills ? "killed " : "failed ", name_of(pid), " ", Num(call.number), "\n");
    if (looks && names_exceptions(mode) && is_sync(call))
      text.add("sync ", pid_digits, " ", file_of(pid, call.arguments[0]), here ? " failed\n" : "\n");
    must(write_all(report.get(), text), {"write ", Str(argv[4])});
    if (here && kills) {
      all_die = mode == Mode::all;
      for (pid_t p : alive)
        if (p == pid || all_die) kill(p, SIGKILL);
      continue;
    }
    if (here && mode == Mode::fail) let_fail(pid, call);
    if (here && mode == Mode::shorten) shorten(pid, call);
    // A stop of ptrace's own is not a signal to pass on.
    bool own = event != 0 || sig == SIGSTOP || sig == SIGTRAP;
    ptrace(PTRACE_CONT, pid, 0, own ? 0 : sig);
  }
  if (names_exceptions(mode) || mode == Mode::count) dprintf(report.get(), "calls %llu\n", calls);
  return code;
}
