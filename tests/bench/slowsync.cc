// slowsync MICROSECONDS program [ arg ... ] -- run program, and all that it starts, with slow syncs.
//
// Each fsync and fdatasync of theirs begins that much later than it was called;
// any number of them wait at the same time. Nothing else is touched (strace
// would stop them at each fork and signal too). A child, which is outside of
// the filter, lets them wait: seccomp_unotify(2). 111: no such filter here.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <deque>

#include "lib/die.h"

const char program[] = "slowsync";

static constexpr long long second = 1'000'000'000;

static long long now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * second + t.tv_nsec;
}

// Ends when nothing is left that the filter watches.
static void serve(int listener, long long delay) {
  struct Waiting {
    __u64 id;
    long long due;
  };
  std::deque<Waiting> waiting;
  for (;;) {
    long long left = waiting.empty() ? -1 : std::max(0LL, waiting.front().due - now());
    timespec limit{.tv_sec = left / second, .tv_nsec = left % second};
    pollfd p{.fd = listener, .events = POLLIN, .revents = 0};
    if (ppoll(&p, 1, left < 0 ? nullptr : &limit, nullptr) == -1 && errno != EINTR) return;
    if (p.revents & POLLIN) {
      seccomp_notif call{};
      if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0) waiting.push_back({call.id, now() + delay});
    } else if (p.revents & POLLHUP) {
      return;
    }
    while (!waiting.empty() && waiting.front().due <= now()) {
      seccomp_notif_resp answer{
          .id = waiting.front().id, .val = 0, .error = 0, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
      ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);  // ENOENT: it was killed meanwhile
      waiting.pop_front();
    }
  }
}

static int filtered() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter{.len = sizeof code / sizeof *code, .filter = code};
  if (geteuid() != 0) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

int main(int argc, char** argv) {
  if (argc < 3) die_usage("slowsync microseconds program [ arg ... ]");
  long long delay = atoll(argv[1]) * 1000;
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) == -1) die_unable(temporary, {"make a pipe"}, {errno});
  // The child shares the descriptors until this process execs: so it has the listener.
  long child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == -1) die_unable(temporary, {"fork"}, {errno});
  if (child == 0) {
    int listener;
    if (read(ready[0], &listener, sizeof listener) != sizeof listener) _exit(0);
    unshare(CLONE_FILES);
    setsid();
    for (int fd = 0; fd < 3; ++fd) close(fd);  // whoever reads from the program sees its end
    serve(listener, delay);
    _exit(0);
  }
  int listener = filtered();
  if (listener == -1) die_unable(temporary, {"install the filter"}, {errno});
  if (write(ready[1], &listener, sizeof listener) != sizeof listener)
    die_unable(temporary, {"tell the child"}, {errno});
  usleep(20'000);
  execvp(argv[2], argv + 2);
  die_unable(temporary, {"run ", Str(argv[2])}, {errno});
}
