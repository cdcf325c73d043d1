#include "tcp/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include "lib/child.h"
#include "lib/die.h"
#include "lib/io.h"
#include "tcp/rules.h"

[[noreturn]] static void drop(std::initializer_list<Str> parts, Err why) {
  Buf what;
  for (Str part : parts) what.append(part);
  warn({"dropping connection, unable to ", what}, why);
  _exit(temporary);
}

// Errors are of no consequence: the connection works without either option.
static void set_socket_options(const Settings& s, int fd) {
  if (!s.keep_ip_options) (void)setsockopt(fd, IPPROTO_IP, IP_OPTIONS, nullptr, 0);
  int on = 1;
  if (!s.delay) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

enum class Verdict { allow, deny };

// Nothing: there are no rules, and all is allowed.
static std::optional<Cdb> open_rules(const Settings& s) {
  if (!s.rules) return {};
  auto opened = Cdb::open(s.rules);
  if (!opened.ok() && opened.error().code == ENOENT && s.missing_rules_allow) return {};
  if (!opened.ok()) drop({"read ", s.rules}, opened.error());
  return opened.take();
}

// The instructions of the rule for the client; empty when there is none.
static Str find_instructions(const Settings& s, std::optional<Cdb>& rules, const End& remote) {
  if (!rules) return {};
  Buf ip;
  remote.at.ip.append_to(ip);
  Client client{ip, {}, {}};
  if (remote.host) client.host = remote.host->view();
  if (remote.info) client.info = remote.info->view();
  auto found = find_rule(*rules, client);
  if (!found.ok()) drop({"read ", s.rules}, found.error());
  auto rule = found.take();
  return rule ? rule->data : Str();
}

// Applies the rule for the client: its variables go into our environment.
static Verdict judge(const Settings& s, std::optional<Cdb>& rules, const End& remote) {
  Verdict verdict = Verdict::allow;
  Str data = find_instructions(s, rules, remote);
  while (auto instruction = take_instruction(data)) {
    if (instruction->kind == Instruction::Kind::deny)
      verdict = Verdict::deny;
    else
      set_variable(instruction->variable, instruction->value);
  }
  return verdict;
}

Ip client_of(const Ip& ip) {
  constexpr unsigned site = 64;
  return ip.family == Ip::Family::v4 ? ip : network_of(ip, site);
}

// How many connections this client may have: MAXCONNIP of the rule for its address,
// else -C. Asked before its name is looked up, which takes time, and a slot.
static uint64_t limit_for(const Settings& s, std::optional<Cdb>& rules, const End& remote) {
  uint64_t limit = s.most_of_one;
  Str data = find_instructions(s, rules, remote);
  while (auto instruction = take_instruction(data))
    if (instruction->kind == Instruction::Kind::set && instruction->variable == "MAXCONNIP")
      if (auto n = scan_u64(instruction->value)) limit = *n;
  return limit;
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
static void say_verdict(Verdict verdict, const End& local, const End& remote) {
  Buf local_ip, remote_ip;
  append_key(local_ip, local.at.ip);
  append_key(remote_ip, remote.at.ip);
  say(2, {program, verdict == Verdict::allow ? ": ok " : ": deny ", Num(static_cast<uint64_t>(getpid())), " ",
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

void serve(const Settings& s, Fd connection, const Endpoint& from, uint64_t same_client) {
  int fd = connection.get();
  End local, remote{from};
  if (s.say == Say::status) {
    Buf ip;
    from.ip.append_to(ip);
    say(2, {program, ": pid ", Num(static_cast<uint64_t>(getpid())), " from ", ip, "\n"});
  }
  auto rules = open_rules(s);
  if (uint64_t limit = limit_for(s, rules, remote); same_client > limit) {
    if (s.say == Say::status) say_full(from.ip, same_client, limit);
    _exit(permanent);
  }
  set_socket_options(s, fd);

  constexpr int banner_seconds = 60;
  if (auto r = write_all(fd, s.banner, timed_write, &banner_seconds); !r.ok()) drop({"print banner"}, r.error());

  auto end = local_end(fd);
  if (!end.ok()) drop({"get local address"}, end.error());
  local.at = end.take();
  inquire(s.inquiry, local, remote);
  set_environment(local, remote);

  // The rules come last, so that their variables win over ours.
  Verdict verdict = judge(s, rules, remote);
  if (s.say == Say::status) say_verdict(verdict, local, remote);
  if (verdict == Verdict::deny) _exit(permanent);

  if (dup2(fd, 0) == -1 || dup2(fd, 1) == -1) drop({"set up descriptors"}, Err::last());
  signal(SIGPIPE, SIG_DFL);
  if (s.child_errors != -1) (void)dup2(s.child_errors, 2);
  Err why = exec_program(s.command[0], s.command);
  drop({"run ", s.command[0]}, why);
}
