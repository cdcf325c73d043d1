// qmail-queue -- put one message into the queue.
//
// Descriptor 0 brings the message, to its end; descriptor 1 the envelope: F
// sender NUL, then T recipient NUL for each recipient, then one more NUL. What
// follows is not read. Exit 0: the message is in the queue and survives a power
// cut. Anything else: it is not, and nothing is left of it. Where it is not
// set-uid it hands both descriptors to qmail-queued. With arguments it takes one
// message after the other (mail/queue_service.h): "stay", from its caller, after
// the first one; "serve", from whoever qmail-queued brings. Then each one's 0 goes
// to a socket, and only the last or a failed one ends the program.
//   11 address too long    51 out of memory           52 timeout
//   53 cannot write        54 cannot read
//   61 no root             62 no queue  63 no file in tmp/
//   64 no name in mess/    71 qmail-queued is too busy
//   81 internal bug        91 bad envelope
//   111 no users/roles
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/checksum.h"
#include "lib/die.h"
#include "lib/io.h"
#include "lib/local_socket.h"
#include "lib/pass.h"
#include "lib/sys.h"
#include "lib/time.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/instance.h"
#include "mail/jails.h"
#include "mail/message.h"
#include "mail/queue_files.h"
#include "mail/queue_service.h"

const char program[] = "qmail-queue";

enum : int {
  too_long = 11,
  no_memory = 51,
  timed_out = 52,
  cannot_write = 53,
  cannot_read = 54,
  no_root = 61,
  no_queue = 62,
  no_tmp_file = 63,
  no_name = 64,
  too_busy = 71,
  internal_bug = 81,
  bad_envelope = 91,
};

static constexpr int most_connections = 1000;  // then a fresh process takes over
static constexpr unsigned lifetime = 86400;    // must stay below the 36 hours after which qmail-clean sweeps tmp/

// The name that a failure takes away: tmp/ID while the message is written.
static char leftover[32];

// Where qmail-queued's client waits, who sees no exit code.
static int client = -1;

[[noreturn]] static void fail(int code) {
  if (leftover[0]) unlink(leftover);
  if (client != -1) (void)send_answer(client, {static_cast<uint8_t>(code), static_cast<uint32_t>(getpid())});
  _exit(code);
}

// Everything is written through this space: a message that fits is one write.
static char space[131072];
static size_t used;
static int out = -1;

static void flush() {
  if (!write_all(out, Str(space, used)).ok()) fail(cannot_write);
  used = 0;
}

static void put(Str s) {
  while (!s.empty()) {
    if (used == sizeof space) flush();
    size_t n = s.size() < sizeof space - used ? s.size() : sizeof space - used;
    memcpy(space + used, s.data(), n);
    used += n;
    s = slice(s, n);
  }
}

static void on_alarm(int) { fail(timed_out); }
static void on_bug(int) { fail(internal_bug); }
static void on_no_memory() { fail(no_memory); }

// Killed all the same, as the caller can see; but nothing is left.
static void on_term(int sig) {
  if (leftover[0]) unlink(leftover);
  signal(sig, SIG_DFL);
  kill(getpid(), sig);
  _exit(internal_bug);  // its caller's jail may not let it
}

static void set_signals() {
  for (int sig : {SIGPIPE, SIGVTALRM, SIGPROF, SIGQUIT, SIGINT, SIGHUP, SIGXCPU, SIGXFSZ}) signal(sig, SIG_IGN);
  for (int sig : {SIGILL, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS}) signal(sig, on_bug);
  signal(SIGALRM, on_alarm);
  struct sigaction term {};
  term.sa_handler = on_term;
  term.sa_flags = SA_NODEFER;
  sigaction(SIGTERM, &term, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

namespace {
// No signal that ends this program comes while one of these lives.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t ending;
    sigemptyset(&ending);
    for (int sig : {SIGALRM, SIGTERM}) sigaddset(&ending, sig);
    sigprocmask(SIG_BLOCK, &ending, &before_);
  }
  HeldSignals(const HeldSignals&) = delete;
  ~HeldSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};
}  // namespace

// Claims an ID: tmp/ID is ours, locked, and mess/S/ID is free. It stays free,
// because only who holds tmp/ID can publish under it: so mess/ is looked at
// after tmp/ID was made, not before.
static uint64_t claim_id() {
  auto id = static_cast<uint64_t>(now_microseconds());
  Buf name;
  for (int tries = 0; tries < 10000; ++tries, ++id) {
    char tmp[sizeof leftover];
    snprintf(tmp, sizeof tmp, "tmp/%llu", static_cast<unsigned long long>(id));
    {
      // Between the two the file would be nobody's to remove.
      HeldSignals held;
      auto made = open_exclusive(tmp, 0644);
      if (!made.ok()) {
        if (made.error().code == EEXIST) continue;
        fail(no_tmp_file);
      }
      memcpy(leftover, tmp, sizeof tmp);
      out = made.take().release();
    }
    // The sweep of tmp/ leaves alone what is locked.
    if (!lock_exclusive(out, Lock::try_now).ok()) fail(no_tmp_file);
    set_message_name(name, id);
    auto taken = stat_of(name.c_str());
    if (!taken.ok() && taken.error().code == ENOENT) return id;
    if (!taken.ok()) fail(no_name);
    unlink(leftover);
    leftover[0] = 0;  // between the two a signal unlinks what is gone
    close(out);
  }
  fail(no_tmp_file);
}

// A trial instance has one uid for every role, which then tells nothing.
static void append_invoker(Buf& line, const Roles& roles, uid_t uid) {
  bool told_apart = roles.alias != roles.qmaild && roles.qmaild != roles.qmails && roles.alias != roles.qmails;
  if (told_apart && uid == roles.alias) return line.append("by alias");
  if (told_apart && uid == roles.qmaild) return line.append("from network");
  if (told_apart && uid == roles.qmails) return line.append("for bounce");
  line.add("by uid "sv, Num(uid));
}

static void write_body(int message, Trailer& t, const Roles& roles) {
  Buf received;
  received.add("Received: (qmail "sv, Num(t.pid), " invoked "sv);
  append_invoker(received, roles, t.uid);
  received.append("); ");
  append_date(received, t.arrival);
  received.push('\n');
  put(received);
  t.body_checksum = crc32c(0, received);
  t.body_size = received.size();

  // Read straight into the space that is written from.
  for (;;) {
    if (used == sizeof space) flush();
    ssize_t n = read(message, space + used, sizeof space - used);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) fail(cannot_read);
    if (n == 0) return;
    auto got = static_cast<size_t>(n);
    t.body_checksum = crc32c(t.body_checksum, Str(space + used, got));
    t.body_size += got;
    used += got;
  }
}

// Copies the envelope; returns its checksum.
static uint32_t write_envelope(int envelope, Trailer& t) {
  static char in_space[8192];
  Reader in(envelope, in_space);
  Buf record;
  uint32_t sum = 0;
  for (char kind = 'F';; kind = 'T') {
    bool cut = false;
    auto got = in.get_until(record, '\0', longest_address + 1, &cut);
    if (!got.ok() || !got.take()) fail(cannot_read);
    if (record.empty() && kind == 'T') return sum;
    if (record.empty() || record.view()[0] != kind) fail(bad_envelope);
    if (cut) fail(too_long);
    Str whole = {record.c_str(), record.size() + 1};  // with its NUL
    put(whole);
    sum = crc32c(sum, whole);
    t.envelope_size += whole.size();
    t.recipients += kind == 'T';
    if (t.recipients > UINT32_MAX) fail(bad_envelope);  // state files count no further
  }
}

// Descriptors 0 and 1, or what came in their place.
struct Way {
  int message, envelope;
};

static void queue_message(Way way, const Roles& roles, uid_t invoker) {
  alarm(lifetime);
  Trailer t;
  t.arrival = now_seconds();
  t.uid = invoker;
  t.pid = static_cast<uint32_t>(getpid());
  t.id = claim_id();
  write_body(way.message, t, roles);
  uint32_t sum = write_envelope(way.envelope, t);
  Buf trailer;
  append_trailer(trailer, t, sum);
  put(trailer);
  flush();

  // From here on: data before name, name before exit 0. A sync that failed has
  // perhaps lost the data for good, and a second one would not say so: refuse.
  if (!sync_file(out).ok()) fail(cannot_write);

  // The message is whole and on the disk. Publish it in one step; a name that
  // somebody else has is not taken from him. Memory may end before, not after.
  alarm(0);
  Buf name, directory;
  set_message_name(name, t.id);
  directory.set("mess/"sv, Num(split_of(t.id)));
  if (!rename_new(leftover, name.c_str()).ok()) fail(no_name);
  leftover[0] = 0;
  close(out);

  // qmail-send may see it from now on. If the name cannot be made to last, take
  // it back and say no: it may have been delivered already, then the sender's
  // next try is a duplicate, but no accepted message is ever lost.
  if (!sync_directory(directory.c_str()).ok()) {
    unlink(name.c_str());
    fail(cannot_write);
  }

  // A hint, no more: without it qmail-send finds the message at its next look.
  auto trigger = open_write("lock/trigger");
  if (trigger.ok()) {
    Fd fd = trigger.take();
    name.set(Num(t.id), "\n"sv);
    if (write(fd.get(), name.c_str(), name.size()) == -1) {
    }
  }
}

// For each message again, as it may be another queue by now.
static void enter_queue() {
  if (!enter_root().ok()) fail(no_root);
  if (!change_dir("queue").ok() || !check_queue_format().ok()) fail(no_queue);
}

static bool tell_queued(int caller) { return send_answer(caller, {0, static_cast<uint32_t>(getpid())}).ok(); }

// The caller's messages to his last. False: he has gone, or takes no answer.
static bool serve_next(int caller, const Roles& roles, uid_t invoker) {
  Fd fds[2];
  alarm(lifetime);
  auto next = receive_descriptors(caller, fds);
  if (!next.ok()) fail(cannot_read);
  if (!next.take()) return false;
  enter_queue();
  queue_message({fds[0].get(), fds[1].get()}, roles, invoker);
  return tell_queued(caller);
}

// The arguments of a caller who asks for more than one message name the file
// that he runs: one that stands in the place of this program, and runs it in
// turn for a single message, has another.
static bool is_asked_to(Str what, int argc, char** argv) {
  if (argc != 3 || argv[1] != what) return false;
  auto found = stat_of("/proc/self/exe");
  if (!found.ok()) return false;
  auto st = found.take();
  Buf id;
  id.set(Num(st.st_dev), ":"sv, Num(st.st_ino));
  return id.view() == argv[2];
}

// The next caller, when there is one. qmail-queued may have passed him on and
// ended since, which then is the first thing to be heard of it.
static Fd next_connection(int service) {
  Fd connection[1];
  for (int tries = 0; tries < 2; ++tries) {
    auto next = receive_descriptors(service, connection);
    if (next.ok()) break;
  }
  return std::move(connection[0]);
}

// Callers one after the other, whose connections qmail-queued passes on. It hears
// a byte for each of them that has gone, and one in advance.
static int serve_connections(const Roles& roles) {
  constexpr int service = QueueService::offer_fd, most_idle = 10000;
  if (getuid() != roles.qmailq) return no_root;  // else anybody could name another as the invoker
  for (int served = 0; served < most_connections; ++served) {
    alarm(0);
    if (write(service, "", 1) == -1 && errno != EPIPE) return internal_bug;  // it would wait for ever
    Fd connection = next_connection(service);
    if (!connection.is_open()) return 0;
    client = connection.get();
    auto invoker = peer_uid(client);
    if (!invoker.ok()) fail(cannot_read);
    pollfd p = {client, POLLIN, 0};
    do {
      // Who is silent is let go. What he sends in this moment is not lost.
      if (poll(&p, 1, most_idle) == 0) shutdown(client, SHUT_RD);
    } while (serve_next(client, roles, invoker.take()));
    client = -1;
  }
  return 0;
}

// What this program is for a user it does not change into qmailq.
static int pass_on() {
  QueueService service(QueueService::Messages::one);
  if (!service.hand(0, 1)) return no_queue;
  auto ended = service.outcome();
  return ended.ok() ? ended.take().value_or(internal_bug) : internal_bug;
}

int main(int argc, char** argv) {
  at_out_of_memory(on_no_memory);
  umask(033);
  // A file of ours would take the number of what is closed, and be read as the message.
  for (int fd : {0, 1})
    if (fcntl(fd, F_GETFD) == -1) _exit(cannot_read);
  if (!enter_root().ok()) _exit(no_root);
  auto found = read_roles();
  if (!found.ok()) die_unable(temporary, {"read users/roles; run make setup"}, found.error());
  Roles roles = found.take();
  if (geteuid() != roles.qmailq) return pass_on();
  set_signals();
  bool serves = is_asked_to("serve", argc, argv), stays = is_asked_to("stay", argc, argv);
  enter_jail(jails::queue);
  if (serves) return serve_connections(roles);

  enter_queue();
  queue_message({0, 1}, roles, getuid());
  constexpr int caller = QueueService::offer_fd;
  if (stays && tell_queued(caller))
    while (serve_next(caller, roles, getuid())) continue;
  return 0;
}
