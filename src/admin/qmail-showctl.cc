// qmail-showctl -- say in words what this instance is set to: constants, ids,
// then each control file, and files in control/ that no program reads.
// 0 done, 111 when something cannot be read, after "Oops!" and what.
#include <algorithm>

#include "conf.h"
#include "lib/die.h"
#include "lib/directory.h"
#include "lib/io.h"
#include "mail/control.h"
#include "mail/instance.h"
#include "mail/jails.h"
#include "mail/queue_client.h"
#include "mail/queue_service.h"

const char program[] = "qmail-showctl";

static char space[4096];
static constinit Writer out(1, space);

static void print(std::initializer_list<Str> parts) { must(out.put(parts), {"write output"}); }

[[noreturn]] static void oops(Str what) {
  print({"Oops! ", what, "\n"});
  must(out.flush(), {"write output"});
  _exit(temporary);
}

enum class Kind : uint8_t {
  me,      // the one that other files default to
  name,    // one line; else me; else text_absent
  plain,   // one line; else text_absent, whatever me is
  number,  // else text_absent
  list,    // one entry per line; without a file text_absent stands alone
  more,    // morercpthosts and its database: what they mean depends on rcpthosts
  database,
};

struct Described {
  const char* file;
  Kind kind;
  Str before, after;  // around the value, or around every entry
  Str text_absent;
};

static constexpr Described table[] = {
    {"badmailfrom", Kind::list, "", " not accepted in MAIL FROM.", "Any MAIL FROM is allowed."},
    {"bouncefrom", Kind::plain, "Bounce user name is ", ".", "MAILER-DAEMON"},
    {"bouncehost", Kind::name, "Bounce host name is ", ".", "bouncehost"},
    {"concurrencylocal", Kind::number, "Local concurrency is ", ".", "10"},
    {"concurrencyremote", Kind::number, "Remote concurrency is ", ".", "20"},
    {"databytes", Kind::number, "SMTP DATA limit is ", " bytes.", "0"},
    {"defaultdomain", Kind::name, "Default domain name is ", ".", "defaultdomain"},
    {"defaulthost", Kind::name, "Default host name is ", ".", "defaulthost"},
    {"doublebouncehost", Kind::name, "2B recipient host: ", ".", "doublebouncehost"},
    {"doublebounceto", Kind::plain, "2B recipient user: ", ".", "postmaster"},
    {"envnoathost", Kind::name, "Presumed domain name is ", ".", "envnoathost"},
    {"helohost", Kind::name, "SMTP client HELO host name is ", ".", "helohost"},
    {"idhost", Kind::name, "Message-ID host name is ", ".", "idhost"},
    {"localiphost", Kind::name, "Local IP address becomes ", ".", "localiphost"},
    {"locals", Kind::list, "Messages for ", " are delivered locally.", "Messages for me are delivered locally."},
    {"maxcommands", Kind::number, "SMTP session limit is ", " commands.", "1000"},
    {"maxerrors", Kind::number, "SMTP session limit is ", " errors.", "20"},
    {"maxrcpt", Kind::number, "SMTP message limit is ", " recipients.", "10000"},
    {"me", Kind::me, "My name is ", ".", "My name is undefined! Uh-oh."},
    {"percenthack", Kind::list, "The percent hack is allowed for user%host@", ".", "The percent hack is not allowed."},
    {"plusdomain", Kind::name, "Plus domain name is ", ".", "plusdomain"},
    {"qmqpservers", Kind::list, "QMQP server: ", ".", "No QMQP servers."},
    {"qmtproutes", Kind::list, "QMTP route: ", "", "No artificial QMTP routes."},
    {"queuelifetime", Kind::number, "Message lifetime in the queue is ", " seconds.", "604800"},
    {"rcpthosts", Kind::list, "SMTP clients may send messages to recipients at ", ".",
     "SMTP clients may send messages to locals and virtualdomains only."},
    {"morercpthosts", Kind::more, "", "", ""},
    {"morercpthosts.cdb", Kind::database, "", "", ""},
    {"smtpgreeting", Kind::name, "SMTP greeting: 220 ", ".", "smtpgreeting"},
    {"smtproutes", Kind::list, "SMTP route: ", "", "No artificial SMTP routes."},
    {"timeoutconnect", Kind::number, "SMTP client connection timeout is ", " seconds.", "60"},
    {"timeoutremote", Kind::number, "SMTP client data timeout is ", " seconds.", "1200"},
    {"timeoutsmtpd", Kind::number, "SMTP server data timeout is ", " seconds.", "1200"},
    {"virtualdomains", Kind::list, "Virtual domain: ", "", "No virtual domains."},
};

template <class T>
static T readable(Result<T> r) {
  if (!r.ok()) oops("Trouble reading this file.");
  return r.take();
}

static void show_value(const Control& control, const Described& d) {
  Buf line;
  bool there = readable(control.line(d.file, line));
  if (!there) {
    print({"(Default.) "});
    if (d.kind == Kind::me) return print({d.text_absent, "\n"});
    if (d.kind == Kind::name)
      readable(control.line_or_me(d.file, line, d.text_absent));
    else
      line.set(d.text_absent);
  }
  if (d.kind == Kind::number) {
    Str digits = line;
    uint64_t n = take_u64(digits).value_or(scan_u64(d.text_absent).value_or(0));
    return print({d.before, Num(n), d.after, "\n"});
  }
  print({d.before, line, d.after, "\n"});
}

static void show_list(const Control& control, const char* file, Str before, Str after, Str text_absent) {
  auto lines = readable(control.lines(file));
  if (!lines) return print({"(Default.) ", text_absent, "\n"});
  print({"\n"});
  for (Str entry : lines->entries()) print({before, entry, after, "\n"});
}

static std::optional<struct stat> status(const char* fn) {
  auto st = stat_of(fn);
  if (!st.ok() && st.error().code != ENOENT) oops("Trouble reading this file.");
  return st.ok() ? std::optional(st.take()) : std::nullopt;
}

static void show_more(const Control& control) {
  if (status("rcpthosts"))
    show_list(control, "morercpthosts", "SMTP clients may send messages to recipients at ", ".", "No effect.");
  else
    show_list(control, "morercpthosts", "No rcpthosts; doesn't matter that morercpthosts has ", ".",
              "No rcpthosts; morercpthosts is irrelevant.");
}

static void show_database() {
  auto text = status("morercpthosts"), database = status("morercpthosts.cdb");
  auto older = [](const timespec& a, const timespec& b) {
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
  };
  if (!text && !database) return print({"(Default.) No effect.\n"});
  if (!text) return print({"Oops! morercpthosts.cdb exists but morercpthosts doesn't.\n"});
  if (!database) return print({"Oops! morercpthosts exists but morercpthosts.cdb doesn't.\n"});
  if (older(database->st_mtim, text->st_mtim)) return print({"Oops! morercpthosts.cdb is older than morercpthosts.\n"});
  print({"Modified recently enough; hopefully up to date.\n"});
}

static void show_constants() {
  static constexpr char delimiter = CONF_BREAK;
  print({"qmail home directory: ", Str(instance_root()), ".\n"});
  print({"user-ext delimiter: ", Str(&delimiter, 1), ".\n"});
  print({"paternalism (in decimal): ", Num(CONF_PATRN), ".\n"});
  print({"silent concurrency limit: ", Num(CONF_SPAWN), ".\n"});
  print({"subdirectory split: ", Num(CONF_SPLIT), ".\n"});
}

static void show_ids() {
  auto roles = read_roles();
  if (!roles.ok()) oops("Unable to read users/roles; run make setup.");
  Roles r = roles.take();
  print({"user ids: "});
  for (uid_t u : {r.alias, r.qmaild, r.qmaill, r.root, r.qmailp, r.qmailq, r.qmailr}) print({Num(u), ", "});
  print({Num(r.qmails), ".\n", "group ids: ", Num(r.nofiles), ", ", Num(r.qmail), ".\n"});
}

// How messages get into the queue.
static void show_queueing() {
  bool served = QueueService::is_there();
  auto st = stat_of("bin/qmail-queue");
  Str kind = !st.ok() ? "is missing"sv : st.take().st_mode & S_ISUID ? "is set-uid"sv : "is not set-uid"sv;
  print({"queueing: qmail-queued ", served ? "runs"sv : "does not run"sv, ", qmail-queue ", kind, ".\n"});
}

// What holds programs that strangers could take over (doc/security.md).
static void show_jails() {
  Str missing = missing_jails(possible_jails());
  if (missing.empty())
    print({"jails: this kernel holds system calls, files and TCP ports.\n"});
  else
    print({"jails: this kernel cannot hold ", missing, ".\n"});
  print({"jails: qmail-smtpd, qmail-qmtpd, qmail-qmqpd: ",
         QueueService::is_there() ? "jailed"sv : "limits of memory alone, as they run qmail-queue"sv, ".\n"});
  print({"jails: qmail-send: ",
         queues_from_a_jail() ? "jailed"sv
                              : "none, as qmail-bounce runs a qmail-queue that is set-uid or another program"sv,
         ".\n"});
  print({"jails: qmail-rspawn: ",
         is_made_for(jails::remote, "bin/qmail-remote") ? "jailed"sv : "none, as qmail-remote is another program"sv,
         ".\n"});
  print({"jails: none for what runs $QMAILQUEUE or $QMAILREMOTE, where these are set.\n"});
}

static Result<std::vector<Buf>> unknown_files() {
  std::vector<Buf> names;
  Directory dir = TRY(Directory::open("."));
  while (auto name = TRY(dir.next())) {
    if (std::any_of(std::begin(table), std::end(table), [&](const Described& d) { return *name == d.file; })) continue;
    names.emplace_back();
    names.back().set(*name);
  }
  std::sort(names.begin(), names.end(), [](const Buf& a, const Buf& b) { return a.view() < b.view(); });
  return names;
}

int main(int argc, char**) {
  if (argc != 1) die_usage("qmail-showctl");
  show_constants();
  Buf no_home;
  no_home.set("Unable to chdir to ", Str(instance_root()), ".");
  if (!enter_root().ok()) oops(no_home);
  show_ids();
  show_queueing();
  show_jails();

  auto opened = Control::open(".");
  if (!opened.ok() || !change_dir("control").ok()) oops("Unable to chdir to control.");
  Control control = opened.take();
  for (const Described& d : table) {
    print({"\n", Str(d.file), ": "});
    switch (d.kind) {
      case Kind::list: show_list(control, d.file, d.before, d.after, d.text_absent); break;
      case Kind::more: show_more(control); break;
      case Kind::database: show_database(); break;
      default: show_value(control, d);
    }
  }
  auto unknown = unknown_files();
  if (!unknown.ok()) oops("Unable to read control.");
  for (const Buf& name : unknown.take()) print({"\n", name, ": I have no idea what this file does.\n"});
  must(out.flush(), {"write output"});
}
