// qmail-lspawn defaultdelivery -- run qmail-local for qmail-send's deliveries
//   0, 1  commands and reports (mail/spawner.h)
// Runs as root; every delivery as the recipient, with that one group. In a trial
// instance it runs as the one user there is, and can deliver to no other.
// Exit: 0 input ended and all children too, 100 no argument, 111 cannot start.
#include "lib/bytes.h"
#include "lib/die.h"
#include "lib/jail.h"
#include "lib/staying.h"
#include "local/local_report.h"
#include "mail/address.h"
#include "mail/spawner.h"
#include "mail/users.h"

const char program[] = "qmail-lspawn";

static const char* default_delivery;
static Fd root;
static Identity getpw_user;

// A report that stands for a delivery that must not be: empty when it may be.
static Str refusal(const LocalUser& u) {
  if (u.id.uid == 0) return local_report(delivery_exit::root, {})[0];
  if (geteuid() != 0 && (u.id.uid != geteuid() || u.id.gid != getegid()))
    return "ZUnable to deliver as another user: qmail-lspawn is not running as root. (#4.3.5)\n";
  return {};
}

struct LocalCommand {
  Buf local;
  const char* argv[11];
  LocalCommand(const LocalUser& u, const Delivery& d, Address to) {
    local.set(to.local);
    const char* domain = to.host.data();  // ends where the address ends, with NUL
    const char* all[] = {
        "bin/qmail-local", "--",   u.user, u.home, local.c_str(), u.dash, u.ext, domain, d.sender.c_str(),
        default_delivery,  nullptr};
    for (size_t i = 0; i < 11; ++i) argv[i] = all[i];
  }
};

// A qmail-local that stays sees mail for the one address that it was started for,
// as the one user, and only as long as a new one would be started in the same way.
static Str kind_of(const LocalUser& u, const LocalCommand& c, const Result<struct stat>& file_status) {
  constexpr size_t sender = 8;
  static Buf kind;
  kind.clear();
  for (size_t i = 2; c.argv[i]; ++i)
    if (i != sender) kind.add(Str(c.argv[i]), "\0"sv);
  append_le(kind, u.id.uid);
  append_le(kind, u.id.gid);
  append_state(kind, file_status);
  return kind;
}

static Launch only_report(Str text) {
  Launch l;
  l.report = text;
  return l;
}

// Runs in qmail-lspawn itself, so users/cdb is all it asks; qmail-getpw may take its time.
static Launch prepare(const Delivery& d) {
  static std::optional<LocalUser> user;
  static std::optional<LocalCommand> command;
  static RecentKinds recent;
  Address to = split_address(d.to[0].address);
  if (to.local.empty()) return only_report("K");

  auto found = find_user(root.get(), to.local);
  if (!found.ok()) return only_report(local_report(delivery_exit::bad_users, {})[0]);
  user = found.take();
  Launch l;
  l.how = user ? Launch::How::run : Launch::How::function;
  if (!user) return l;
  if (Str why = refusal(*user); !why.empty()) return only_report(why);

  command.emplace(*user, d, to);
  l.command.file = command->argv[0];
  l.command.argv = command->argv;
  l.command.dir = instance_root();
  l.command.identity = &user->id;
  auto status = stat_of(l.command.file, root.get());
  l.kind = kind_of(*user, *command, status);
  if (recent.came_lately(l.kind, stay_limits) && status.ok()) l.asked_to_stay = status.take();
  return l;
}

// In a process of its own: qmail-getpw says who it becomes.
static void deliver_by_getpw(const Delivery& d) {
  if (fchdir(root.get()) == -1) _exit(delivery_exit::temporary_failure);
  Address to = split_address(d.to[0].address);
  Buf local;
  local.set(to.local);
  auto asked = ask_getpw(local.c_str(), getpw_user);
  if (!asked.ok()) _exit(delivery_exit::cannot_run_getpw);
  Getpw answer = asked.take();
  if (!answer.user) _exit(answer.exit);
  if (Str why = refusal(*answer.user); !why.empty()) {
    if (answer.user->id.uid == 0) _exit(delivery_exit::root);
    say(1, {slice(why, 1)});
    _exit(temporary);
  }

  LocalCommand command(*answer.user, d, to);
  if (auto r = become(answer.user->id); !r.ok()) _exit(delivery_exit::temporary_failure);
  Err err = exec_program(command.argv[0], command.argv);
  _exit(is_temporary(err) ? delivery_exit::cannot_run_now : delivery_exit::cannot_run);
}

static void report(const Delivery& d, int status, Str said, Reports& out) {
  auto parts = local_report(exit_code(status), said);
  out.put_all(d, {parts[0], parts[1], parts[2]});
}

int main(int argc, char** argv) {
  if (argc != 2) die_usage("qmail-lspawn defaultdelivery");
  default_delivery = argv[1];
  must(enter_root(), {"chdir to ", instance_root()});
  root = must(open_directory("."), {"open ", instance_root()});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  getpw_user = {roles.qmailp, roles.nofiles};

  // root's other rights are not for choosing a user. They come back for the set-id
  // programs that users run, so the bounding set stays as it is.
  constexpr int setgid = 6, setuid = 7;
  constexpr int kept[] = {setgid, setuid};
  if (geteuid() == 0) keep_capabilities(kept);

  return run_spawner({.most_recipients = 1,
                      .most_output = most_report,
                      .prepare = prepare,
                      .deliver = deliver_by_getpw,
                      .report = report,
                      .cannot_run_now = delivery_exit::cannot_run_now,
                      .cannot_run = delivery_exit::cannot_run},
                     roles);
}
