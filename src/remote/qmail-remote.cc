// qmail-remote host sender recip ... -- send a message by SMTP, or by QMTP
//   0  the message
//   1  the report, parts that each end with NUL: for each recipient r (accepted),
//      h or s (refused, for good or for now) and a text; then K, Z or D and a text
//      for the message; without a part for recipients if it did not come that far
//   3  queue/lock/tcpto, if it is open
//   4  lib/staying.h, if it is open: asked there to stay, it keeps a connection
//      that is in order, for further messages to the same host
// Reads control/: me helohost qmtproutes smtproutes timeoutconnect timeoutremote.
// Exit: 0 always, 111 out of memory.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include "lib/die.h"
#include "lib/own_ip.h"
#include "lib/random.h"
#include "lib/staying.h"
#include "mail/instance.h"
#include "mail/jails.h"
#include "remote/exchanger.h"
#include "remote/qmtp_session.h"
#include "remote/relay_route.h"
#include "remote/smtp_session.h"
#include "remote/timeout_table.h"

const char program[] = "qmail-remote";

static int timeouts = -1;                // the table, if it was handed down
static constexpr int most_sessions = 5;  // with hosts that answer, but do not take the message

[[noreturn]] static void report(Str parts) {
  write_all(1, parts).ok();
  _exit(0);
}

[[noreturn]] static void give_up(std::initializer_list<Str> text) {
  Buf part;
  for (Str s : text) part.append(s);
  part.push('\0');
  report(part);
}

namespace {
struct Settings {
  Buf helo;
  uint64_t timeout_connect = 60, timeout_remote = 1200;
  std::optional<Table> qmtproutes, smtproutes;
};
}  // namespace

static Result<Settings> read_settings() {
  Settings s;
  Control control = TRY(Control::open("."));
  if (!TRY(control.line("helohost", s.helo)) && !TRY(control.line("me", s.helo))) return Err{ENOENT};
  TRY(control.number("timeoutconnect", s.timeout_connect));
  TRY(control.number("timeoutremote", s.timeout_remote));
  if (s.timeout_connect > INT32_MAX) s.timeout_connect = INT32_MAX;
  if (s.timeout_remote > INT32_MAX) s.timeout_remote = INT32_MAX;
  s.qmtproutes = TRY(control.table("qmtproutes", Table::Form::pairs));
  s.smtproutes = TRY(control.table("smtproutes", Table::Form::pairs));
  return s;
}

static const Table* address_of(const std::optional<Table>& table) { return table ? &*table : nullptr; }

// A name as it can be shown.
static Buf shown(Str host) {
  Buf out;
  for (char c : host) out.push(c < 33 || c > 126 ? '?' : c);
  return out;
}

static std::vector<Candidate> find_addresses(Str host, const RelayRoute& route) {
  Resolver dns = Resolver::from_system();
  std::vector<Ip> own;
  HostLookup found;
  if (route.relay.empty()) {
    auto ours = own_addresses();
    if (!ours.ok()) give_up({"ZSystem resources temporarily unavailable. (#4.3.0)\n"});
    own = ours.take();
    found = look_up_host(dns, host);
  } else {
    host = route.relay;
    found = look_up_relay(dns, host);
  }
  Choice choice = choose_addresses(std::move(found), own, random_below);
  switch (choice.reason) {
    case Reachable::yes: break;
    case Reachable::dns_trouble: give_up({"ZSorry, I couldn't find any host by that name. (#4.1.2)\n"});
    case Reachable::no_such_host: give_up({"DSorry, I couldn't find any host named ", shown(host), ". (#5.1.2)\n"});
    case Reachable::no_address: give_up({"DSorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n"});
    case Reachable::takes_no_mail:
      give_up({"DSorry, ", shown(host), " does not accept any mail (null MX). (#5.1.10)\n"});
    case Reachable::only_here:
      give_up(
          {"DSorry. Although I'm listed as a best-preference MX or A for that host,\n"
           "it isn't in my control/locals file, so I don't treat it as local. (#5.4.6)\n"});
  }
  return std::move(choice.candidates);
}

// Connects; the table of timeouts, if there is one, is asked before and told after.
static Fd try_connect(const Endpoint& to, uint64_t seconds) {
  auto table = TimeoutTable::read(timeouts);
  std::optional<TimeoutTable> known;
  if (table.ok()) known.emplace(table.take());
  if (known && known->holds_back(to.ip, now_seconds(), static_cast<uint32_t>(getpid()) % 32)) return {};

  auto fd = connect_tcp(to, Deadline::in(static_cast<int64_t>(seconds)));
  if (known) {
    bool timeout = !fd.ok() && fd.error().code == ETIMEDOUT;
    if (timeout)  // others may have written meanwhile
      if (auto now = TimeoutTable::read(timeouts); now.ok()) known.emplace(now.take());
    auto changed = timeout ? known->note_timeout(to.ip, now_seconds()) : known->note_answer(to.ip);
    if (changed) known->write(timeouts, *changed).ok();
  }
  if (!fd.ok()) return {};
  return fd.take();
}

// What a delivery needs beside the message itself.
struct Destination {
  Str host;
  const Settings& settings;
  const RelayRoute& route;
};

// A session with one host, the protocol and port being what the route or the
// host's preference says. Nothing: there is no connection.
static std::optional<SessionEnd> try_host(const Candidate& host, const Destination& to, const Outgoing& job, Buf& parts,
                                          SmtpConnection& connection) {
  const RelayRoute& route = to.route;
  auto qmtp = route.by_preference && speaks_qmtp(host.preference) ? qmtp_port : route.qmtp;
  Fd fd;
  bool by_smtp = false;
  if (qmtp) fd = try_connect({host.ip, *qmtp}, to.settings.timeout_connect);
  if (!fd.is_open() && route.smtp) {
    fd = try_connect({host.ip, *route.smtp}, to.settings.timeout_connect);
    by_smtp = true;
  }
  if (!fd.is_open()) return {};
  // The last piece of a message is not to wait for the answer to the one before.
  int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Buf partner;
  host.ip.append_to(partner);
  if (!by_smtp) return qmtp_session(fd.get(), partner, job, parts);
  connection = {.fd = std::move(fd), .partner = std::move(partner)};
  return smtp_session(connection, job, parts);
}

// Sends it by a new connection, which is returned and perhaps can go on. One to
// a backup does not: the next message is to go to the best exchanger again.
static SmtpConnection send_anew(const Destination& to, Outgoing job, Buf& parts) {
  SmtpConnection connection;
  std::vector<Candidate> candidates = find_addresses(to.host, to.route);
  int sessions = 0;
  for (const Candidate& c : candidates) {
    if (c.preference != candidates[0].preference) job.then = Outgoing::Then::quit;
    auto end = try_host(c, to, job, parts, connection);
    if (end == SessionEnd::final || (end && ++sessions == most_sessions)) break;
  }
  if (parts.empty()) give_up({"ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"});
  return connection;
}

// Reports, and takes the next delivery. False: there is none.
static bool take_next(Outgoing& job, Buf& parts, Fd& message, std::vector<const char*>& recipients) {
  static char space[longest_next_task];
  message.close();
  auto command = next_task(parts, space, message);
  if (!command.ok()) return false;
  Str rest = command.take();
  if (rest.empty()) return false;
  parts.clear();
  job.sender = take_until(rest, '\0');
  recipients.clear();
  while (!rest.empty()) recipients.push_back(take_until(rest, '\0').data());
  job.recipients = recipients;
  job.message = message.get();
  return !recipients.empty();
}

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (fcntl(3, F_SETFD, FD_CLOEXEC) == 0) timeouts = 3;
  bool stays = is_asked_to_stay();
  if (argc < 4) give_up({"DI (qmail-remote) was invoked improperly. (#5.3.5)\n"});
  Str host = argv[1];
  if (!enter_root().ok()) give_up({"ZUnable to switch to home directory. (#4.3.0)\n"});
  auto read = read_settings();
  if (!read.ok()) give_up({"ZUnable to read control files. (#4.3.0)\n"});
  Settings settings = read.take();
  auto found_route = find_relay(address_of(settings.qmtproutes), address_of(settings.smtproutes), host);
  if (!found_route.ok()) give_up({"ZUnable to read control files. (#4.3.0)\n"});
  RelayRoute route = found_route.take();
  uint16_t ports[] = {Resolver::port_of_system(), qmtp_port, route.smtp.value_or(qmtp_port),
                      route.qmtp.value_or(qmtp_port)};
  enter_jail(jails::remote, ports);

  Fd message(0);
  Outgoing job = {.helo = settings.helo,
                  .sender = argv[2],
                  .recipients = {argv + 3, static_cast<size_t>(argc - 3)},
                  .message = message.get(),
                  .timeout_seconds = static_cast<int>(settings.timeout_remote),
                  .then = stays ? Outgoing::Then::stay : Outgoing::Then::quit};
  Destination to = {host, settings, route};
  Buf parts;
  SmtpConnection connection = send_anew(to, job, parts);
  std::vector<const char*> recipients;
  while (connection.can_go_on) {
    if (!take_next(job, parts, message, recipients)) {
      smtp_quit(connection, job.timeout_seconds);
      _exit(0);
    }
    if (smtp_session(connection, job, parts) == SessionEnd::final) continue;
    parts.clear();
    connection = send_anew(to, job, parts);
  }
  report(parts);
}
