#include "tcp/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include "lib/child.h"
#include "lib/die.h"
#include "lib/io.h"
#include "tcp/rules.h"

// Errors are of no consequence: the connection works without either option.
static void set_socket_options(const Settings& s, int fd) {
  if (!s.keep_ip_options) (void)setsockopt(fd, IPPROTO_IP, IP_OPTIONS, nullptr, 0);
  int on = 1;
  if (!s.delay) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

enum class Verdict { allow, deny, full };

// A connection while it is judged.
struct Case {
  End local{}, remote;
  std::optional<Cdb> rules{};
  Str instructions{};  // of the rule for its address
  uint64_t limit = 0;  // of connections of its client
  Environment environment{};
  Buf step{};  // what is being done, for a failure
};

// Without rules all is allowed.
static Result<> open_rules(const Settings& s, std::optional<Cdb>& rules) {
  if (!s.rules) return {};
  auto opened = Cdb::open(s.rules);
  if (!opened.ok() && opened.error().code == ENOENT && s.missing_rules_allow) return {};
  rules.emplace(TRY(std::move(opened)));
  return {};
}

// The instructions of the rule for the client; empty when there is none.
static Result<Str> find_instructions(std::optional<Cdb>& rules, const End& remote) {
  if (!rules) return Str();
  Buf ip;
  remote.at.ip.append_to(ip);
  Client client{ip, {}, {}};
  if (remote.host) client.host = remote.host->view();
  if (remote.info) client.info = remote.info->view();
  auto rule = TRY(find_rule(*rules, client));
  return rule ? rule->data : Str();
}

// Applies the rule for the client: its variables go into the environment.
static Verdict judge(Str instructions, Environment& environment) {
  Verdict verdict = Verdict::allow;
  while (auto instruction = take_instruction(instructions)) {
    if (instruction->kind == Instruction::Kind::deny)
      verdict = Verdict::deny;
    else
      environment.set(instruction->variable, instruction->value);
  }
  return verdict;
}

Ip client_of(const Ip& ip) {
  constexpr unsigned site = 64;
  return ip.family == Ip::Family::v4 ? ip : network_of(ip, site);
}

// How many connections this client may have: MAXCONNIP of the rule for its address,
// else -C. Asked before its name is looked up, which takes time, and a slot.
static uint64_t limit_for(const Settings& s, Str instructions) {
  uint64_t limit = s.most_of_one;
  while (auto instruction = take_instruction(instructions))
    if (instruction->kind == Instruction::Kind::set && instruction->variable == "MAXCONNIP")
      if (auto n = scan_u64(instruction->value)) limit = *n;
  return limit;
}

// What its addresses say, without asking anybody.
static Result<Verdict> receive(const Settings& s, const Visitor& v, Case& c) {
  c.step.set("read "sv, Str(s.rules ? s.rules : ""));
  TRY(open_rules(s, c.rules));
  c.instructions = TRY(find_instructions(c.rules, c.remote));
  c.limit = limit_for(s, c.instructions);
  if (v.same_client > c.limit) return Verdict::full;
  set_socket_options(s, v.connection);
  c.step.set("get local address"sv);
  c.local.at = TRY(local_end(v.connection));
  return Verdict::allow;
}

// What it takes more time to find out, and the rules for all of it.
static Result<Verdict> find_out(const Settings& s, const Visitor& v, Case& c) {
  constexpr int banner_seconds = 60;
  c.step.set("print banner"sv);
  TRY(write_all(v.connection, s.banner, timed_write, &banner_seconds));
  inquire(s.inquiry, c.local, c.remote);
  set_environment(c.environment, c.local, c.remote);

  // The rules come last, so that their variables win over ours. There may be
  // another one for who is known by name.
  c.step.set("read "sv, Str(s.rules ? s.rules : ""));
  Str instructions = c.instructions;
  if (c.remote.host || c.remote.info) instructions = TRY(find_instructions(c.rules, c.remote));
  return judge(instructions, c.environment);
}

static Result<Verdict> examine(const Settings& s, const Visitor& v, Case& c) {
  Verdict verdict = TRY(receive(s, v, c));
  return verdict == Verdict::allow ? find_out(s, v, c) : verdict;
}

// The bytes that fields of a line in the log may hold; of long ones the beginning.
static Buf clean(const std::optional<Buf>& field) {
  constexpr size_t longest = 100;
  Buf out;
  if (!field) return out;
  for (char c : slice(*field, 0, longest)) out.push(c < 33 || c > 126 || c == '%' || c == ':' ? '?' : c);
  if (field->size() > longest) out.append("...");
  return out;
}

// tcpserver: ok 1234 localhost:localip:25 host:ip:info:50321, IPv6 addresses in brackets.
static void say_verdict(Verdict verdict, pid_t pid, const End& local, const End& remote) {
  Buf local_ip, remote_ip;
  append_key(local_ip, local.at.ip);
  append_key(remote_ip, remote.at.ip);
  say(2, {program, verdict == Verdict::allow ? ": ok " : ": deny ", Num(static_cast<uint64_t>(pid)), " ",
          clean(local.host), ":", local_ip, ":", Num(local.at.port), " ", clean(remote.host), ":", remote_ip, ":",
          clean(remote.info), ":", Num(remote.at.port), "\n"});
}

// tcpserver: full 1234 192.0.2.7 5/4
static void say_full(const Ip& ip, uint64_t connections, uint64_t limit) {
  Buf text;
  ip.append_to(text);
  say(2, {program, ": full ", Num(static_cast<uint64_t>(getpid())), " ", text, " ", Num(connections), "/", Num(limit),
          "\n"});
}

// tcpserver: pid 1234 from 192.0.2.7
static void say_arrival(pid_t pid, const Ip& ip) {
  Buf text;
  ip.append_to(text);
  say(2, {program, ": pid ", Num(static_cast<uint64_t>(pid)), " from ", text, "\n"});
}

// Is there anything to wait for that others would wait for too?
static bool takes_time(const Settings& s) { return !s.banner.empty() || takes_time(s.inquiry); }

// Can connections be alike but for their client's port?
static bool may_keep(const Settings& s) { return s.banner.empty() && !s.inquiry.ask_ident; }

// What connections have in common that one process may serve: all that decides what it is told.
static Buf kind_of(const Case& c) {
  Buf kind;
  for (const End* end : {&c.local, &c.remote}) {
    append_key(kind, end->at.ip);
    kind.add("%"sv, Num(end->at.ip.scope), " "sv);
  }
  kind.add(Num(c.local.at.port), " "sv, c.instructions);
  return kind;
}

// False: nobody waits for it.
static bool hand_to_waiting(Waiting& waiting, Str kind, const Visitor& v, Owned<Worker>& worker) {
  Num port(v.remote.port);
  while (auto found = waiting.idle.take(kind)) {
    if (!hand_over(*found, port, v.connection)) continue;  // it has ended
    worker = std::move(found);
    return true;
  }
  return false;
}

// Where the command cannot be found or asked, it does not stay.
static Fd ask_to_stay(const Settings& s, Waiting& waiting, Buf kind, Worker& worker) {
  Buf file;
  file.set(Str(s.command[0]));
  if (file.view().find('/') == Str::npos && !find_program(s.command[0], file)) return {};
  auto offered = offer_to_stay(worker, waiting.limits, waiting.sockets, file.c_str());
  worker.kind = std::move(kind);
  return offered.ok() ? offered.take() : Fd();
}

static Result<pid_t> start(const Settings& s, const Visitor& v, Case& c, const sigset_t& blocked) {
  FdMove fds[4] = {{v.connection, 0}, {v.connection, 1}};
  size_t n = 2;
  if (s.child_errors != -1) fds[n++] = {s.child_errors, 2};
  if (v.offer.is_open()) fds[n++] = {v.offer.get(), staying_fd};
  return spawn({.file = s.command[0],
                .argv = s.command,
                .fds = {fds, n},
                .environment = c.environment.list(),
                .blocked = &blocked});
}

bool serve_at_once(const Settings& s, Visitor& v, const sigset_t& blocked, Waiting* waiting, Owned<Worker>& worker) {
  bool keeps = waiting && may_keep(s);
  if (takes_time(s) && !keeps) return false;
  Case c{.remote = {v.remote}};
  auto verdict = receive(s, v, c);
  if (!verdict.ok() || verdict.take() != Verdict::allow) return false;
  Buf kind = keeps ? kind_of(c) : Buf();
  if (!keeps || !hand_to_waiting(*waiting, kind, v, worker)) {
    if (keeps) v.offer = ask_to_stay(s, *waiting, std::move(kind), *worker);
    if (takes_time(s)) return false;
    verdict = find_out(s, v, c);
    if (!verdict.ok() || verdict.take() != Verdict::allow) return false;
    auto child = start(s, v, c, blocked);
    if (!child.ok()) return false;
    worker->pid = child.take();
  }
  if (s.say == Say::status) {
    say_arrival(worker->pid, v.remote.ip);
    say_verdict(Verdict::allow, worker->pid, c.local, c.remote);
  }
  return true;
}

[[noreturn]] static void drop(Str step, Err why) {
  warn({"dropping connection, unable to ", step}, why);
  _exit(temporary);
}

void serve(const Settings& s, const Visitor& v) {
  if (s.say == Say::status) say_arrival(getpid(), v.remote.ip);
  Case c{.remote = {v.remote}};
  auto examined = examine(s, v, c);
  if (!examined.ok()) drop(c.step, examined.error());
  Verdict verdict = examined.take();
  if (s.say == Say::status && verdict == Verdict::full) say_full(v.remote.ip, v.same_client, c.limit);
  if (s.say == Say::status && verdict != Verdict::full) say_verdict(verdict, getpid(), c.local, c.remote);
  if (verdict != Verdict::allow) _exit(permanent);

  if (dup2(v.connection, 0) == -1 || dup2(v.connection, 1) == -1) drop("set up descriptors", Err::last());
  if (s.child_errors != -1) (void)dup2(s.child_errors, 2);
  if (v.offer.is_open()) (void)dup2(v.offer.get(), staying_fd);
  signal(SIGPIPE, SIG_DFL);
  Err why = exec_program(s.command[0], s.command, c.environment.list());
  c.step.set("run "sv, Str(s.command[0]));
  drop(c.step, why);
}
