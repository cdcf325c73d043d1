// qmail-queued [ -c limit ] [ -C limit ] -- the queue as a service.
//
// Waits at run/qmail-queued below the root for callers with messages
// (mail/queue_service.h) and passes their connections on to processes of
// bin/qmail-queue, which it keeps. So a caller needs neither a set-uid program nor
// a process for each message. It reads nothing of what callers send.
// Descriptor 2: the log. Exit: 0 by SIGTERM (messages that are open go on), 100
// wrong usage, 111 trouble at the start.
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/descriptors.h"
#include "lib/die.h"
#include "lib/local_socket.h"
#include "lib/options.h"
#include "mail/instance.h"
#include "mail/jails.h"
#include "mail/queue_service.h"
#include "queue/worker.h"

const char program[] = "qmail-queued";

static constexpr char directory[] = "run", lock[] = "run/lock", unready_name[] = "run/new";
static constexpr int busy = 71;  // in qmail-queue(8): temporarily rejected

[[noreturn]] static void usage() { die_usage("qmail-queued [ -c limit ] [ -C limit ]"); }

static size_t number(const char* text) {
  auto n = scan_u64(text, 65535);
  if (!n || *n == 0) usage();
  return *n;
}

// The directory is qmailq's, in a root that is not: nobody else puts a socket there.
static void become_queue_user(const Roles& roles) {
  auto made = make_dir(directory, 0755);
  if (!made.ok() && made.error().code != EEXIST) die_unable(temporary, {"mkdir run"}, made.error());
  if (made.ok() && geteuid() == 0) must(check(lchown(directory, roles.qmailq, roles.qmail)), {"chown run"});
  must(become({roles.qmailq, roles.qmail}), {"become qmailq"});
}

// Held as long as this program runs. Nobody else can open the file, so that nobody
// can hold it instead.
static Fd take_lock() {
  Fd fd = must(open_append(lock, 0600), {"open ", Str(lock)});
  if (!lock_exclusive(fd.get(), Lock::try_now).ok()) die(temporary, {"another qmail-queued runs"});
  return fd;
}

// The name leads to a socket that listens, at every moment.
static Fd open_door() {
  unlink(unready_name);
  Fd fd = must(listen_local(unready_name, SOCK_SEQPACKET | SOCK_NONBLOCK, 1024), {"listen at ", Str(unready_name)});
  must(check(chmod(unready_name, 0666)), {"chmod ", Str(unready_name)});
  must(rename_over(unready_name, queue_service_name), {"rename ", Str(unready_name)});
  return fd;
}

// False: it is asked to end.
static bool handle_signals(int fd) {
  bool go_on = true;
  signalfd_siginfo seen;
  while (read(fd, &seen, sizeof seen) == static_cast<ssize_t>(sizeof seen)) go_on &= seen.ssi_signo != SIGTERM;
  for (;;) {
    auto reaped = reap();
    if (!reaped.ok()) return go_on;
    Ended e = reaped.take();
    if (e.pid == 0) return go_on;
    if (WIFSIGNALED(e.status))
      warn({"qmail-queue ", Num(static_cast<uint64_t>(e.pid)), " was killed by signal ",
            Num(static_cast<uint64_t>(WTERMSIG(e.status)))});
  }
}

// A program in qmail-queue's place that knows nothing of this would lose messages,
// and must not be passed over either: callers are to run it themselves.
static Result<> look_at_program(Workers& workers) {
  if (!TRY(workers.look())) return {};
  TRY(workers.start());
  std::vector<pollfd> polls;
  Deadline patience = Deadline::in(20);
  while (!workers.any_ready() && !patience.passed()) {
    polls.clear();
    workers.watch(polls);
    if (polls.empty() || poll(polls.data(), polls.size(), patience.milliseconds()) <= 0) break;
    workers.hear(polls);
  }
  if (workers.any_ready()) return {};
  unlink(queue_service_name);
  die(temporary, {"bin/qmail-queue does not serve: is it another program?"});
}

static Result<bool> pass_on(int connection, Workers& workers) {
  uid_t uid = TRY(peer_uid(connection));
  TRY(look_at_program(workers));
  return workers.take(connection, uid);
}

// One at a time, so that a process which has become ready is heard of before
// another is started. False: there is none.
static bool take_connection(int door, Workers& workers) {
  auto accepted = owned(accept4(door, nullptr, nullptr, SOCK_CLOEXEC));
  if (!accepted.ok()) {
    if (accepted.error().code == EAGAIN) return false;
    warn({"unable to accept connection"}, accepted.error());
    poll(nullptr, 0, 1000);  // it waits there for better times
    return false;
  }
  Fd connection = accepted.take();
  auto passed = pass_on(connection.get(), workers);
  if (!passed.ok()) warn({"unable to run bin/qmail-queue"}, passed.error());
  if (!passed.ok() || !passed.take()) (void)send_answer(connection.get(), {busy, 0});
  return true;
}

// Each of the processes costs one.
static void allow_open_files(size_t limit) {
  constexpr size_t others = 32;
  rlimit now;
  if (getrlimit(RLIMIT_NOFILE, &now) == -1 || now.rlim_cur >= limit + others) return;
  now.rlim_cur = std::min<rlim_t>(limit + others, now.rlim_max);
  setrlimit(RLIMIT_NOFILE, &now);
}

int main(int argc, char** argv) {
  size_t limit = 500, limit_of_one = 0;
  Options options(argc, argv, "c:C:");
  while (char letter = options.next()) switch (letter) {
      case 'c': limit = number(options.value()); break;
      case 'C': limit_of_one = number(options.value()); break;
      default: usage();
    }
  if (options.rest_count()) usage();
  umask(022);
  signal(SIGPIPE, SIG_IGN);
  must(fill_standard_descriptors(), {"open /dev/null"});
  must(enter_root(), {"chdir to ", Str(instance_root())});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  become_queue_user(roles);
  Fd alone = take_lock();

  allow_open_files(limit);
  Buf file;
  file.set(Str(instance_root()), "/bin/qmail-queue"sv);
  Workers workers(limit, limit_of_one, file.c_str());
  Fd signals = must(catch_signals({SIGTERM, SIGCHLD}), {"catch signals"});
  must(look_at_program(workers), {"run bin/qmail-queue"});
  Fd door = open_door();
  enter_jail(jails::queued);

  std::vector<pollfd> polls;
  for (;;) {
    int patience = workers.dismiss_idle();
    polls.clear();
    polls.push_back({signals.get(), POLLIN, 0});
    polls.push_back({door.get(), POLLIN, 0});
    workers.watch(polls);
    if (poll(polls.data(), polls.size(), patience) <= 0) continue;
    workers.hear(std::span(polls).subspan(2));
    if (polls[1].revents) take_connection(door.get(), workers);
    if (polls[0].revents && !handle_signals(signals.get())) break;
  }
  // Who found the name in time is passed on.
  unlink(queue_service_name);
  while (take_connection(door.get(), workers)) continue;
}
