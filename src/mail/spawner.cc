#include "mail/spawner.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "conf.h"
#include "lib/die.h"
#include "lib/staying.h"
#include "mail/shared_bodies.h"

static constexpr size_t most_pending = 1u << 20;  // reports nobody reads: no further commands are taken
static constexpr const char* copy_dir = "../copy";

namespace {

struct Child {
  Delivery delivery;
  Owned<Worker> worker;
  std::optional<int> status;
  bool waits = false;  // it has reported, and stays
  Buf said;
  SharedBodies::Body* body = nullptr;
};

class Loop {
 public:
  Loop(const Spawner& s, const Roles& r) : spawner_(s), roles_(r) {}
  int run();

 private:
  void set_up();
  void write_some();
  void read_commands();
  void reap_children();
  void attend();
  void collect(Child&);
  void finish_ended();

  void start(SpawnCommand&);
  bool admit(SpawnCommand&, Delivery&);
  Str open_message(Str name, std::optional<Message>&);
  void launch(Owned<Child>, const Message&);
  bool hand_to_idle(Str kind, Child&, int input);
  Result<pid_t> fork_child(const Launch&, const Delivery&, const Message*, std::span<FdMove>);
  Result<Fd> copy_in_child(const Message&, size_t slot);
  void release(Child&);

  const Spawner& spawner_;
  const Roles& roles_;
  CommandParser parser_;
  Buf pending_;  // for descriptor 1
  Reports reports_{pending_};
  bool input_ended_ = false, output_broken_ = false;
  Fd signals_;
  rlimit open_files_{};
  Watch outputs_;  // of the children, and of those that are idle
  std::vector<Owned<Child>> children_;
  IdleWorkers idle_{stay_limits};
  SharedBodies bodies_;
  std::vector<uint8_t> in_use_;
  // Where children write, before they run anything.
  struct Shared {
    uint32_t memory_user;         // who has a large body in memory, as 1 + his slot
    int copy_errors[CONF_SPAWN];  // what kept them from copying the body; by slot
  }* shared_ = nullptr;
};

constexpr uint64_t largest_borrowed = 64u << 20;

constexpr Str no_copy = "Zqmail-spawn unable to copy message. (#4.3.0)\n";
constexpr Str damaged = report_of_damage;
constexpr Str no_fork = "Zqmail-spawn unable to fork. (#4.3.0)\n";

// The first recipient's number, below the limit, is that of the child; those of
// the others lie a multiple of the limit above it.
size_t slot_of(const SpawnCommand::To& to) { return to.number % CONF_SPAWN; }

Str copy_trouble(Err err) { return err.code == EBADMSG ? damaged : no_copy; }

void Loop::set_up() {
  // Descriptor 2 may be closed: nothing of ours must get that number.
  for (int fd; (fd = open("/dev/null", O_RDWR)) != -1;)
    if (fd > 2) {
      close(fd);
      break;
    }
  must(change_dir("queue/mess"), {"chdir to queue/mess"});

  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is a deferral of what is larger
  signals_ = must(catch_signals({SIGCHLD}), {"watch children"});

  must(outputs_.open(), {"watch children"});

  // Children get the limit back that this program was given.
  must(check(getrlimit(RLIMIT_NOFILE, &open_files_)), {"read limits"});
  rlimit more = open_files_;
  more.rlim_cur = more.rlim_max;
  setrlimit(RLIMIT_NOFILE, &more);

  void* page = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (page == MAP_FAILED) die_unable(temporary, {"map memory"}, Err::last());
  shared_ = static_cast<Shared*>(page);
  in_use_.resize(CONF_SPAWN);
  append_le(pending_, uint32_t{CONF_SPAWN});
}

// A pipe that poll calls writable takes this much without blocking.
void Loop::write_some() {
  ssize_t n = write(1, pending_.data(), pending_.size() < 4096 ? pending_.size() : 4096);
  if (n > 0) pending_.drop_front(static_cast<size_t>(n));
  if (n != -1 || errno == EINTR || errno == EAGAIN) return;
  output_broken_ = true;
  // If somebody still waits for these reports: end, so that he learns of it.
  if (errno != EPIPE) input_ended_ = true;
}

void Loop::read_commands() {
  char space[8192];
  ssize_t n = read(0, space, sizeof space);
  if (n == -1 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0) {
    input_ended_ = true;
    return;
  }
  for (Str in(space, static_cast<size_t>(n)); !in.empty();)
    if (parser_.feed(in)) start(parser_.command());
}

// Removes from the command what cannot be delivered, with a report; what can goes into d.
bool Loop::admit(SpawnCommand& c, Delivery& d) {
  for (uint32_t number : c.surplus) reports_.put(number, {"ZInternal error: too many recipients. (#4.3.5)\n"});
  for (auto& to : c.to) {
    Str why;
    bool first = &to == &c.to[0];
    if (first ? to.number >= CONF_SPAWN : to.number < CONF_SPAWN || to.number % CONF_SPAWN != c.to[0].number)
      why = "ZInternal error: delnum too big. (#4.3.5)\n";
    else if (in_use_[slot_of(to)])
      why = "ZInternal error: delnum in use. (#4.3.5)\n";
    else
      why = refusal(c, to);
    if (why.empty() && d.to.size() >= spawner_.most_recipients)
      why = "ZInternal error: too many recipients. (#4.3.5)\n";
    auto host = [](const SpawnCommand::To& t) { return slice(t.address, t.address.view().rfind('@')); };
    if (why.empty() && !d.to.empty() && !same_nocase(host(to), host(d.to[0])))
      why = "ZInternal error: recipients of several hosts. (#4.3.5)\n";
    if (!why.empty()) {
      reports_.put(to.number, {why});
      continue;
    }
    d.to.push_back(std::move(to));
  }
  if (!d.to.empty()) in_use_[slot_of(d.to[0])] = 1;
  d.sender = std::move(c.sender);
  return !d.to.empty();
}

// The text of what is wrong with the message, or nothing.
Str Loop::open_message(Str text, std::optional<Message>& out) {
  MessageName name = *parse_message_name(text);
  Buf fn;
  fn.set(Num(name.split), "/", Num(name.id));
  auto fd = open_read(fn.c_str());
  if (!fd.ok()) return "Zqmail-spawn unable to open message. (#4.3.0)\n";
  Fd file = fd.take();
  auto status = stat_of(file.get());
  if (!status.ok()) return "Zqmail-spawn unable to fstat message. (#4.3.0)\n";
  auto st = status.take();
  if (!S_ISREG(st.st_mode)) return "ZSorry, message has wrong type. (#4.3.5)\n";
  if (st.st_uid != roles_.qmailq) return "ZSorry, message has wrong owner. (#4.3.5)\n";
  auto m = Message::take(std::move(file), name.id);
  if (!m.ok()) return copy_trouble(m.error());
  out.emplace(m.take());
  return {};
}

void Loop::start(SpawnCommand& c) {
  auto child = Owned<Child>(new Child);
  if (!admit(c, child->delivery)) return;
  std::optional<Message> message;
  Str why = open_message(c.message, message);
  if (why.empty()) return launch(std::move(child), *message);
  reports_.put_all(child->delivery, {why});
  release(*child);
}

void Loop::launch(Owned<Child> child, const Message& m) {
  const Delivery& d = child->delivery;
  auto refuse = [&](Str text) {
    reports_.put_all(d, {text});
    release(*child);
  };
  Launch how = spawner_.prepare(d);
  if (how.how == Launch::How::nothing) return refuse(how.report);

  // In memory if it is small; else, or where that does not work, the child makes a file.
  Fd input;
  if (bodies_.takes(m)) {
    auto copy = bodies_.use(m);
    if (!copy.ok() && copy.error().code == EBADMSG) return refuse(damaged);
    if (copy.ok()) {
      child->body = copy.take();
      if (auto fd = reopen_read_only(child->body->fd.get()); fd.ok()) input = fd.take();
    }
  }

  if (input.is_open() && hand_to_idle(how.kind, *child, input.get())) return children_.push_back(std::move(child));

  constexpr Str no_pipe = "Zqmail-spawn unable to create pipe. (#4.3.0)\n";
  auto pipe = make_pipe();
  if (!pipe.ok()) return refuse(no_pipe);
  Pipe report = pipe.take();
  child->worker = Owned<Worker>(new Worker);
  Worker& worker = *child->worker;
  worker.task = child.get();
  if (!worker.output.watch(std::move(report.read), outputs_, &worker).ok()) return refuse(no_pipe);
  FdMove fds[8] = {{input.get(), 0}, {report.write.get(), 1}, {report.write.get(), 2}};
  size_t n = 3;
  for (FdMove f : how.command.fds) fds[n++] = f;
  Fd socket;
  if (how.asked_to_stay)
    if (auto offered = offer_to_stay(worker, stay_limits, *how.asked_to_stay); offered.ok()) {
      worker.kind.set(how.kind);
      socket = offered.take();
      fds[n++] = {socket.get(), staying_fd};
    }
  how.command.fds = {fds, n};
  how.command.open_files = &open_files_;

  // A child that becomes another user has its own memory from the start: that user
  // may stop it before it runs anything, and spawn would wait for it for ever.
  const Identity* who = how.command.identity;
  bool stays_ours = !who || who->uid == geteuid();
  Result<pid_t> pid = Err{0};
  if (input.is_open() && how.how == Launch::How::run && stays_ours) {
    pid = spawn(how.command);
    if (!pid.ok() && pid.error().code != EAGAIN && pid.error().code != ENOMEM) {
      int code = is_temporary(pid.error()) ? spawner_.cannot_run_now : spawner_.cannot_run;
      spawner_.report(d, code << 8, "", reports_);  // as wait tells of an exit with it
      return release(*child);
    }
  } else {
    pid = fork_child(how, child->delivery, input.is_open() ? nullptr : &m, fds);
  }
  if (!pid.ok()) return refuse(no_fork);
  worker.pid = pid.take();
  children_.push_back(std::move(child));
}

// To a child that waits for such a one. One that has ended meanwhile is passed over.
bool Loop::hand_to_idle(Str kind, Child& child, int input) {
  if (kind.empty()) return false;
  Buf command;
  command.add(child.delivery.sender, "\0"sv);
  for (const auto& to : child.delivery.to) command.add(to.address, "\0"sv);
  while (auto worker = idle_.take(kind)) {
    if (!hand_over(*worker, command, input)) continue;
    worker->task = &child;
    child.worker = std::move(worker);
    return true;
  }
  return false;
}

// Into a file. But a full disk must not keep in what fills it: while there is no
// room one large body at a time goes through memory.
Result<Fd> Loop::copy_in_child(const Message& m, size_t slot) {
  auto r = copy_body_to_file(m, copy_dir);
  bool full = !r.ok() && (r.error().code == ENOSPC || r.error().code == EDQUOT);
  if (!full || m.trailer().body_size > largest_borrowed) return r;
  uint32_t nobody = 0, me = static_cast<uint32_t>(slot) + 1;
  if (!__atomic_compare_exchange_n(&shared_->memory_user, &nobody, me, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    return r;
  Fd copy = TRY(copy_body_to_memory(m));
  return reopen_read_only(copy.get());
}

// A process of our own first, which may still have to copy the body (of), and
// then becomes the delivery. fds[0] is that of the body.
Result<pid_t> Loop::fork_child(const Launch& how, const Delivery& d, const Message* of, std::span<FdMove> fds) {
  size_t slot = slot_of(d.to[0]);
  int& copy_error = shared_->copy_errors[slot];
  copy_error = 0;
  pid_t pid = fork();
  if (pid == -1) return Err::last();
  if (pid > 0) return pid;

  Fd copy;
  if (of) {
    auto r = copy_in_child(*of, slot);
    if (!r.ok()) {
      copy_error = r.error().code ? r.error().code : EIO;
      _exit(temporary);
    }
    copy = r.take();
    fds[0].from = copy.get();
  }
  Err err = {0};
  if (how.how == Launch::How::run)
    err = exec_command(how.command);
  else if (auto r = take_descriptors(how.command.fds); r.ok()) {
    setrlimit(RLIMIT_NOFILE, &open_files_);
    default_signals();
    spawner_.deliver(d);
  } else
    err = r.error();
  _exit(is_temporary(err) ? spawner_.cannot_run_now : spawner_.cannot_run);
}

// Frees what a delivery holds.
void Loop::release(Child& child) {
  size_t slot = slot_of(child.delivery.to[0]);
  in_use_[slot] = 0;
  uint32_t user = static_cast<uint32_t>(slot) + 1;
  __atomic_compare_exchange_n(&shared_->memory_user, &user, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  bodies_.release(child.body);
}

void Loop::reap_children() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) > 0) {
  }
  for (;;) {
    auto r = reap();
    Ended ended = r.ok() ? r.take() : Ended{0, 0};
    if (!ended.pid) return;
    idle_.end(ended.pid);
    for (auto& c : children_)
      if (c->worker->pid == ended.pid) c->status = ended.status;
  }
}

void Loop::collect(Child& c) {
  char space[4096];
  ssize_t n = read(c.worker->output.get(), space, sizeof space);
  if (n == -1 && errno == EINTR) return;
  if (n <= 0) {  // whatever it says from here on, it cannot stay
    c.worker->dismiss();
    return c.worker->output.close();
  }
  c.said.append(slice(Str(space, static_cast<size_t>(n)), 0, spawner_.most_output - c.said.size()));
  c.waits = has_reported(*c.worker, c.said);
  // The end of what is cut off is not seen, so it must not stay.
  if (c.said.size() == spawner_.most_output) c.worker->dismiss();
}

// A delivery is over when its process waits for the next one, or has ended and
// nobody can say anything more.
void Loop::finish_ended() {
  for (size_t i = 0; i < children_.size();) {
    Child& c = *children_[i];
    if (!c.waits && (!c.status || c.worker->output.is_open())) {
      ++i;
      continue;
    }
    int& copy_error = shared_->copy_errors[slot_of(c.delivery.to[0])];
    if (copy_error)
      reports_.put_all(c.delivery, {copy_trouble({copy_error})});
    else
      spawner_.report(c.delivery, c.waits ? 0 : *c.status, c.said, reports_);
    copy_error = 0;
    release(c);
    if (c.waits && !c.status && !input_ended_) idle_.put(std::move(c.worker));
    std::swap(children_[i], children_.back());
    children_.pop_back();
  }
}

// One that is idle has nothing to say, or has ended.
void Loop::attend() {
  for (void* w : outputs_.ready()) {
    auto child = static_cast<Child*>(static_cast<Worker*>(w)->task);
    child ? collect(*child) : idle_.end(w);
  }
}

int Loop::run() {
  set_up();
  for (;;) {
    if (output_broken_) pending_.clear();
    if (input_ended_) idle_.end_all();
    if (input_ended_ && children_.empty() && pending_.empty()) return 0;
    idle_.end_some();

    bool reading = !input_ended_ && pending_.size() < most_pending;
    pollfd polls[] = {{reading ? 0 : -1, POLLIN, 0},
                      {pending_.empty() ? -1 : 1, POLLOUT, 0},
                      {signals_.get(), POLLIN, 0},
                      {outputs_.fd(), POLLIN, 0}};
    if (poll(polls, sizeof polls / sizeof *polls, idle_.milliseconds()) == -1) continue;

    if (polls[3].revents) attend();
    if (polls[2].revents) reap_children();
    if (polls[1].revents) write_some();
    finish_ended();
    if (polls[0].revents) read_commands();
  }
}

}  // namespace

int run_spawner(const Spawner& s, const Roles& roles) {
  Loop loop(s, roles);
  return loop.run();
}
