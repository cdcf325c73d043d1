// qmail-send -- deliver the messages of the queue. Runs in queue/.
//
// Descriptors: 0 the log, to be WRITTEN; 1 commands to qmail-lspawn, 2 its
// reports; 3 and 4 the same of qmail-rspawn; 5 requests to qmail-clean, 6 its
// answers; 7, if it is open, lock/sendmutex, locked already. The protocols are in doc/internals.md, the log in
// qmail-log(5). Signals: TERM ends it once running deliveries are over, ALRM makes every message due, HUP reads the
// control files again. Exit 0 after TERM; 111 when it could not start or a part was lost.
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/child.h"
#include "lib/die.h"
#include "lib/time.h"
#include "mail/instance.h"
#include "mail/jails.h"
#include "mail/queue_client.h"
#include "mail/queue_files.h"
#include "send/scheduler.h"

const char program[] = "qmail-send";

static volatile sig_atomic_t got_term, got_alarm, got_hangup, got_child;

static void on_signal(int sig) {
  switch (sig) {
    case SIGTERM: got_term = 1; break;
    case SIGALRM: got_alarm = 1; break;
    case SIGHUP: got_hangup = 1; break;
    default: got_child = 1;
  }
}

// Signals are let in while the loop waits, and at no other time.
static sigset_t set_signals() {
  sigset_t held, before;
  sigemptyset(&held);
  for (int sig : {SIGTERM, SIGALRM, SIGHUP, SIGCHLD}) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(sig, &action, nullptr);
    sigaddset(&held, sig);
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  sigprocmask(SIG_BLOCK, &held, &before);
  for (int sig : {SIGTERM, SIGALRM, SIGHUP, SIGCHLD}) sigdelset(&before, sig);
  return before;
}

[[noreturn]] static void cannot_start(Str why) {
  say(2, {"alert: cannot start: ", why, "\n"});
  _exit(temporary);
}

// Out of the way of what die() and children use. Descriptor 2 becomes the log's.
static Fd take_descriptor(int fd) {
  int high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  if (high == -1) cannot_start("descriptors 0 to 6 are not what they should be");
  close(fd);
  return Fd(high);
}

// Descriptor 7, if that is what it should be; else the file, opened now.
static Result<Fd> open_mutex() {
  constexpr int given = 7;
  constexpr const char* name = "lock/sendmutex";
  auto file = stat_of(name), passed = stat_of(given);
  if (!file.ok() || !passed.ok()) return open_write(name);
  struct stat a = file.take(), b = passed.take();
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino ? Fd(take_descriptor(given)) : open_write(name);
}

// A message at work holds up to two descriptors, and each pass is one message.
static void raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Wide enough for every pass that capacity allows.
static uint64_t most_passes() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur < 256) return 10;
  return (limit.rlim_cur - 128) / 4;
}

static Settings read_settings(const Control& control) {
  const char* which = "";
  auto settings = Settings::read(control, Settings::Numbers::lenient, which);
  if (!settings.ok()) cannot_start("unable to read controls");
  return settings.take();
}

// control/ is opened anew: another directory may have taken its place.
static void read_settings_again(Scheduler& scheduler) {
  const char* which = "";
  auto control = Control::open(instance_root());
  auto settings = control.ok() ? Settings::read(control.take(), Settings::Numbers::strict, which) : control.error();
  if (settings.ok()) return scheduler.use(settings.take());
  scheduler.log.line({"alert: unable to reread control/", Str(which), ": ", error_text(settings.error())});
}

static void reap_children(Scheduler& scheduler) {
  for (;;) {
    auto ended = reap();
    if (!ended.ok()) return;
    Ended e = ended.take();
    if (!e.pid) return;
    scheduler.child_ended(e.pid, e.status);
  }
}

// Waits until something is there to be read or written, a signal came or the
// time is over; then takes what is there.
static void wait_and_receive(Scheduler& scheduler, int64_t seconds, const sigset_t& let_in) {
  static std::vector<pollfd> fds;
  fds.clear();
  auto watch = [&](int fd, short events) {
    fds.push_back({fd, events, 0});
    return fds.size() - 1;
  };
  size_t trigger = watch(scheduler.takes_hints() ? scheduler.trigger.fd() : -1, POLLIN);
  size_t answers = watch(scheduler.cleaner.lost() ? -1 : scheduler.cleaner.answers(), POLLIN);
  size_t reports[2];
  for (size_t c = 0; c < 2; ++c)
    reports[c] = watch(scheduler.links[c].lost() ? -1 : scheduler.links[c].reports(), POLLIN);
  for (SpawnerLink& link : scheduler.links)
    if (link.has_commands()) watch(link.commands(), POLLOUT);
  if (scheduler.cleaner.has_requests()) watch(scheduler.cleaner.requests(), POLLOUT);
  size_t control = fds.size();
  scheduler.control.watch(fds);

  timespec limit = {seconds, 0};
  if (ppoll(fds.data(), fds.size(), &limit, &let_in) == -1) {
    if (errno != EINTR) scheduler.log.line({"warning: trouble in poll: ", error_text(Err::last())});
    return;
  }
  for (size_t c = 0; c < 2; ++c)
    if (fds[reports[c]].revents) scheduler.read_reports(scheduler.links[c]);
  if (fds[answers].revents) scheduler.read_answers();
  if (fds[trigger].revents) scheduler.read_hints();
  scheduler.control.receive(std::span(fds).subspan(control));
}

int main() {
  sigset_t let_in = set_signals();
  umask(077);
  Fd log_fd = take_descriptor(0);
  Fd local_commands = take_descriptor(1), local_reports = take_descriptor(2);
  Fd remote_commands = take_descriptor(3), remote_reports = take_descriptor(4);
  Fd clean_requests = take_descriptor(5), clean_answers = take_descriptor(6);
  dup2(log_fd.get(), 2);
  raise_descriptor_limit();

  auto control = Control::open(instance_root());
  if (!control.ok()) cannot_start("unable to switch to home directory");
  Settings settings = read_settings(control.take());
  if (!enter_root().ok() || !change_dir("queue").ok()) cannot_start("unable to switch to queue directory");
  if (!check_queue_format().ok()) cannot_start("queue/format is missing or of another version or split");
  auto mutex = open_mutex();
  if (!mutex.ok()) cannot_start("unable to open mutex");
  Fd held_mutex = mutex.take();
  if (!lock_exclusive(held_mutex.get(), Lock::try_now).ok()) cannot_start("qmail-send is already running");

  Scheduler scheduler(std::move(settings), most_passes());
  scheduler.log.set_fd(log_fd.get());
  if (!scheduler.links[0].open(std::move(local_commands), std::move(local_reports)).ok() ||
      !scheduler.links[1].open(std::move(remote_commands), std::move(remote_reports)).ok())
    cannot_start("hath the daemon spawn no fire?");
  if (!scheduler.cleaner.open(std::move(clean_requests), std::move(clean_answers)).ok())
    cannot_start("qmail-clean does not answer");
  if (!scheduler.trigger.open().ok()) cannot_start("unable to open lock/trigger");
  if (auto r = scheduler.control.open(); !r.ok())
    scheduler.log.line({"warning: unable to make ", control_socket_name, ": ", error_text(r.error())});
  if (Str missing = missing_jails(possible_jails()); !missing.empty())
    scheduler.log.line({"warning: jails of this kernel do not hold ", missing});
  if (queues_from_a_jail()) enter_jail(jails::send);  // qmail-bounce runs in it
  scheduler.log_status();

  int code = 0;
  bool said_spawn = false, said_clean = false;
  while (!scheduler.can_exit()) {
    int64_t seconds = scheduler.turn();
    scheduler.log.flush();  // first: what is killed from here on leaves no delivery behind that it did not log
    for (SpawnerLink& link : scheduler.links) link.send_commands();
    scheduler.cleaner.send_requests();
    if (scheduler.can_exit()) break;
    wait_and_receive(scheduler, seconds, let_in);

    if (std::exchange(got_term, 0)) {
      scheduler.begin_exit();
      scheduler.log_status();
    }
    if (std::exchange(got_hangup, 0)) read_settings_again(scheduler);
    if (std::exchange(got_alarm, 0)) scheduler.all_due();
    if (std::exchange(got_child, 0)) reap_children(scheduler);
    if ((scheduler.links[0].lost() || scheduler.links[1].lost()) && !std::exchange(said_spawn, true)) {
      scheduler.log.line({"alert: oh no! lost spawn connection! dying..."});
      scheduler.begin_exit();
      code = temporary;
    }
    if (scheduler.cleaner.lost() && !std::exchange(said_clean, true)) {
      scheduler.log.line({"alert: oh no! lost qmail-clean connection! dying..."});
      scheduler.begin_exit();
      code = temporary;
    }
  }
  scheduler.log.line({"status: exiting"});
  scheduler.log.flush();
  return code;
}
