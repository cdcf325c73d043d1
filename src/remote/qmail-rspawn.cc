// qmail-rspawn -- run qmail-remote, or $QMAILREMOTE, for qmail-send's deliveries
//   0, 1  commands and reports (mail/spawner.h)
// Runs as qmailr with the queue's group, which its children, qmailr and group
// nofiles, do not have. They get queue/lock/tcpto as descriptor 3.
// Exit: 0 input ended and all children too, 111 cannot start.
#include "lib/die.h"
#include "lib/env.h"
#include "lib/staying.h"
#include "lib/sys.h"
#include "mail/address.h"
#include "mail/jails.h"
#include "mail/spawner.h"
#include "remote/remote_report.h"
#include "remote/timeout_table.h"

const char program[] = "qmail-rspawn";

static Identity remote_user;
static Fd root;
static int timeouts = -1;
static bool jailed = false;

// In the jail only the program that it was made for can run. Another one, put in
// its place while this program runs, would fail in ways that look like verdicts.
static bool can_run(const char* file) {
  static Buf good;
  Buf found;
  append_state(found, stat_of(file));
  if (good.view() == found.view()) return true;
  if (!is_made_for(jails::remote, file)) return false;
  good = std::move(found);
  return true;
}

// What a qmail-remote that stays would do otherwise than a new one has to do
// with the host, the program and what it read when it started.
static Str kind_of(Str host, const Result<struct stat>& file_status) {
  static Buf kind;
  kind.clear();
  append_state(kind, file_status);
  for (const char* name : {"control/helohost", "control/me", "control/qmtproutes", "control/smtproutes",
                           "control/timeoutconnect", "control/timeoutremote"})
    append_state(kind, stat_of(name, root.get()));
  for (char c : host) kind.push(lower(c));
  return kind;
}

static Launch run_remote(const Delivery& d) {
  static const char* argv[SpawnCommand::most_recipients + 4];
  static FdMove fds[1];
  size_t n = 0;
  const char* replacement = getenv("QMAILREMOTE");
  argv[n++] = replacement ? replacement : "qmail-remote";
  argv[n++] = split_address(d.to[0].address).host.data();  // ends where the address ends, with NUL
  argv[n++] = d.sender.c_str();
  for (const auto& to : d.to) argv[n++] = to.address.c_str();
  argv[n] = nullptr;
  fds[0] = {timeouts, 3};

  Launch l;
  l.how = Launch::How::run;
  l.command.file = argv[0];
  static Buf file;
  bool found = !replacement && find_program("qmail-remote", file);
  if (jailed && !(found && can_run(file.c_str()))) {
    l.how = Launch::How::nothing;
    l.report = "Zqmail-remote was replaced by another program: restart qmail-send. (#4.3.5)\n";
    return l;
  }
  if (found) {
    l.command.file = file.c_str();
    auto status = stat_of(file.c_str());
    l.kind = kind_of(argv[1], status);
    if (status.ok()) l.asked_to_stay = status.take();
  }
  l.command.argv = argv;
  l.command.identity = &remote_user;
  if (timeouts != -1) l.command.fds = fds;
  return l;
}

static void report(const Delivery& d, int status, Str said, Reports& out) {
  auto code = exit_code(status);
  if (!code) return out.put_all(d, {"Zqmail-remote crashed.\n"});
  if (*code == temporary) return out.put_all(d, {"ZUnable to run qmail-remote.\n"});
  if (*code) return out.put_all(d, {"DUnable to run qmail-remote.\n"});
  if (said.empty()) return out.put_all(d, {"Zqmail-remote produced no output.\n"});
  for (size_t i = 0; i < d.to.size(); ++i) {
    RemoteVerdict v = remote_verdict(said, i, d.to.size());
    out.put(d.to[i].number, {Str(&v.letter, 1), v.text[0], v.text[1]});
  }
}

// Otherwise every delivery would fail for good.
static bool can_become(Identity who) {
  if (geteuid() == 0) return true;
  gid_t real, effective, saved;
  getresgid(&real, &effective, &saved);
  return geteuid() == who.uid && (real == who.gid || effective == who.gid || saved == who.gid);
}

int main() {
  must(enter_root(), {"chdir to ", instance_root()});
  root = must(open_directory("."), {"open ", instance_root()});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  remote_user = {roles.qmailr, roles.nofiles};

  if (!can_become(remote_user)) die(temporary, {"must be run as qmailr, able to take the group nofiles"});

  // What was learnt of hosts that do not answer is forgotten with every start.
  // Without the table deliveries work as well, but wait for dead hosts each time.
  if (auto fd = owned(open("queue/lock/tcpto", O_RDWR | O_CLOEXEC)); fd.ok()) {
    Fd table = fd.take();
    if (TimeoutTable::create(table.get()).ok()) timeouts = table.release();  // a full disk is no reason to stop
  }

  // What stands in qmail-remote's place may need anything.
  Buf file;
  if (!env("QMAILREMOTE") && find_program("qmail-remote", file) && is_made_for(jails::remote, file.c_str())) {
    InForce done = enter_jail(jails::rspawn);
    jailed = done.calls || done.files;
  }

  return run_spawner({.most_recipients = SpawnCommand::most_recipients,
                      .most_output = 1u << 20,
                      .prepare = run_remote,
                      .deliver = nullptr,
                      .report = report,
                      .cannot_run_now = temporary,
                      .cannot_run = permanent},
                     roles);
}
