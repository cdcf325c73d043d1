// qmail-start [ defaultdelivery [ logger [ arg ... ] ] ] -- start the system.
//
// Starts the logger, qmail-lspawn, qmail-rspawn and qmail-clean, each found on
// PATH and under its own identity, connects them by pipes and becomes
// qmail-send. Without a logger the log goes to descriptor 1. Exit 111 when
// anything is missing.
#include <grp.h>
#include <sys/resource.h>

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/die.h"
#include "lib/sys.h"
#include "mail/instance.h"

const char program[] = "qmail-start";

static constexpr const char default_delivery[] = "./Mailbox";

// The groups of a process of ours: of group qmail while it works on the queue,
// able to give that up for nofiles before it runs what is not to read mail.
static void become_remote_spawner(const Roles& roles) {
  if (geteuid() != 0) return;
  must(check(setgroups(1, &roles.nofiles)), {"set groups"});
  must(check(setresgid(roles.nofiles, roles.qmail, roles.nofiles)), {"set gid"});
  must(check(setresuid(roles.qmailr, roles.qmailr, roles.qmailr)), {"set uid"});
}

namespace {
struct Part {
  Pipe to, from;  // what it reads, and what it writes
};
}  // namespace

static Part make_part() {
  Pipe to = must(make_pipe(), {"create a pipe"}), from = must(make_pipe(), {"create a pipe"});
  return {std::move(to), std::move(from)};
}

// What it says on descriptor 2 nobody would read; only qmail-send has the log.
static int nowhere;

static void start(const char* const* argv, int in, int out, const char* dir, const Identity* who) {
  FdMove fds[] = {{in, 0}, {out, 1}, {nowhere, 2}};
  must(spawn({.file = argv[0], .argv = argv, .fds = fds, .dir = dir, .identity = who}), {"run ", Str(argv[0])});
}

// Before anything is touched that belongs to an instance which runs. qmail-send
// keeps it. What else is wrong with a queue is told by qmail-send.
static Fd take_mutex(int log) {
  auto opened = open_write("queue/lock/sendmutex");
  if (!opened.ok()) return Fd();
  Fd mutex = opened.take();
  if (lock_exclusive(mutex.get(), Lock::try_now).ok()) return mutex;
  say(log, {"alert: cannot start: qmail-send is already running\n"});
  _exit(temporary);
}

int main(int argc, char** argv) {
  umask(077);
  must(enter_root(), {"chdir to ", Str(instance_root())});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  const char* delivery = argc > 1 ? argv[1] : default_delivery;
  Buf queue, messages;
  queue.set(Str(instance_root()), "/queue"sv);
  messages.set(queue, "/mess"sv);

  // Nothing of the caller's but 0, 1 and 2 is passed on; no number below 8 is free,
  // so that none of the pipes takes one that is to be filled later.
  for (int fd = 3; fd < 8; ++fd) close(fd);
  do nowhere = must(owned(open("/dev/null", O_RDWR | O_CLOEXEC)), {"open /dev/null"}).release();
  while (nowhere < 8);

  Fd log(1);
  if (argc > 2) {
    Pipe lines = must(make_pipe(), {"create a pipe"});
    Identity logger = {roles.qmaill, roles.nofiles};
    start(argv + 2, lines.read.get(), 1, "/", &logger);
    log = std::move(lines.write);
  }

  Fd mutex = take_mutex(log.get());

  // One pipe each way for every part; the ends that are not ours go with exec.
  Part local = make_part(), remote = make_part(), clean = make_part();
  Identity root = {geteuid(), roles.qmail}, cleaner = {roles.qmailq, roles.qmail}, sender = {roles.qmails, roles.qmail};
  const char* lspawn[] = {"qmail-lspawn", delivery, nullptr};
  start(lspawn, local.to.read.get(), local.from.write.get(), messages.c_str(), &root);
  const char* rspawn[] = {"qmail-rspawn", nullptr};
  pid_t pid = fork();
  must(check(pid), {"fork"});
  if (pid == 0) {
    must(change_dir(messages.c_str()), {"chdir to ", messages});
    must(check(dup2(remote.to.read.get(), 0)), {"set up descriptors"});
    must(check(dup2(remote.from.write.get(), 1)), {"set up descriptors"});
    must(check(dup2(nowhere, 2)), {"set up descriptors"});
    become_remote_spawner(roles);
    default_signals();
    die_unable(temporary, {"run qmail-rspawn"}, exec_program(rspawn[0], rspawn));
  }
  const char* qclean[] = {"qmail-clean", nullptr};
  start(qclean, clean.to.read.get(), clean.from.write.get(), queue.c_str(), &cleaner);

  const int wanted[8] = {log.get(),
                         local.to.write.get(),
                         local.from.read.get(),
                         remote.to.write.get(),
                         remote.from.read.get(),
                         clean.to.write.get(),
                         clean.from.read.get(),
                         mutex.get()};
  const int count = mutex.is_open() ? 8 : 7;
  int parked[8];
  for (int i = 0; i < count; ++i) {
    parked[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 64);
    must(check(parked[i]), {"set up descriptors"});
  }
  for (int i = 0; i < count; ++i) must(check(dup2(parked[i], i)), {"set up descriptors"});
  must(change_dir(queue.c_str()), {"chdir to ", queue});
  must(become(sender), {"become qmails"});
  const char* send[] = {"qmail-send", nullptr};
  die_unable(temporary, {"run qmail-send"}, exec_program(send[0], send));
}
