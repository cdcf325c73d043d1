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

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/descriptors.h"
#include "lib/die.h"
#include "lib/local_socket.h"
#include "lib/options.h"
#include "mail/instance.h"
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
  if (made.ok() && geteuid() == 0) must(check(chown(directory, roles.qmailq, roles.qmail)), {"chown run"});
  must(become({roles.qmailq, roles.qmail}), {"become qmailq"});
}

// Held as long as this program runs.
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

static Fd catch_signals() {
  sigset_t caught;
  sigemptyset(&caught);
  for (int sig : {SIGTERM, SIGCHLD}) {
    signal(sig, SIG_DFL);
    sigaddset(&caught, sig);
  }
  must(check(sigprocmask(SIG_BLOCK, &caught, nullptr)), {"block signals"});
  return must(owned(signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK)), {"catch signals"});
}

static void handle_signals(int fd) {
  signalfd_siginfo seen;
  while (read(fd, &seen, sizeof seen) == static_cast<ssize_t>(sizeof seen))
    if (seen.ssi_signo == SIGTERM) {
      unlink(queue_service_name);
      _exit(0);
    }
  for (;;) {
    auto reaped = reap();
    if (!reaped.ok()) return;
    Ended e = reaped.take();
    if (e.pid == 0) return;
    if (WIFSIGNALED(e.status))
      warn({"qmail-queue ", Num(static_cast<uint64_t>(e.pid)), " was killed by signal ",
            Num(static_cast<uint64_t>(WTERMSIG(e.status)))});
  }
}

// One at a time, so that a process which has become ready is heard of before
// another is started.
static void take_connection(int door, Workers& workers) {
  auto accepted = owned(accept4(door, nullptr, nullptr, SOCK_CLOEXEC));
  if (!accepted.ok()) {
    if (accepted.error().code != EAGAIN) warn({"unable to accept connection"}, accepted.error());
    return;
  }
  Fd connection = accepted.take();
  auto uid = peer_uid(connection.get());
  if (!uid.ok()) return;
  auto taken = workers.take(connection.get(), uid.take());
  if (!taken.ok()) warn({"unable to run qmail-queue"}, taken.error());
  if (!taken.ok() || !taken.take()) (void)send_answer(connection.get(), {busy, 0});
}

// A program in qmail-queue's place that knows nothing of this would lose messages.
static void wait_for_first(Workers& workers) {
  must(workers.start(), {"run bin/qmail-queue"});
  std::vector<pollfd> polls;
  workers.watch(polls);
  constexpr int patience = 20000;
  if (poll(polls.data(), polls.size(), patience) == 1) workers.hear(polls);
  if (!workers.any_ready()) die(temporary, {"bin/qmail-queue does not serve: is it another program?"});
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

  Buf file_id, file;
  file.set(Str(instance_root()), "/bin/qmail-queue"sv);
  auto st = must(stat_of(file.c_str()), {"stat bin/qmail-queue"});
  file_id.set(Num(st.st_dev), ":"sv, Num(st.st_ino));
  Workers workers(limit, limit_of_one ? limit_of_one : (limit + 1) / 2, file.c_str(), file_id.c_str());
  Fd signals = catch_signals();
  wait_for_first(workers);
  Fd door = open_door();

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
    if (polls[0].revents) handle_signals(signals.get());
  }
}
