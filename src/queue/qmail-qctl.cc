// qmail-qctl COMMAND [ OPTION ... ] [ ID ... ] -- show what waits in the queue, and
// rule over it: list show hold release retry expire delete.
//
// Messages are read from their files. Orders go to qmail-send through
// queue/control/socket, so that it need not be stopped; while none runs they are
// written into the state files, under its lock, and carried out when it starts.
// Exit 0: done. 100: wrong arguments, or a message that was named is not there.
// 111: temporary trouble, or an order was refused; the others were carried out.
#include <signal.h>

#include "lib/child.h"
#include "lib/die.h"
#include "lib/json.h"
#include "lib/time.h"
#include "mail/instance.h"
#include "mail/queue_files.h"
#include "queue/listing.h"
#include "queue/queue_list.h"
#include "queue/queue_order.h"

const char program[] = "qmail-qctl";

static constexpr const char usage[] =
    "qmail-qctl list|show|hold|release|retry|expire|delete [ --sender pattern ] [ --recipient pattern ] "
    "[ --host pattern ] [ --older age ] [ --newer age ] [ --held ] [ --all ] [ --json ] [ id ... ]";

static char out_space[16384];
static constinit Writer out(1, out_space);
static int code = 0;

static Router read_router() {
  Control control = must(Control::open("."), {"open control"});
  const char* which = "";
  auto router = Router::read(control, which);
  if (!router.ok()) die_unable(temporary, {"read control/", Str(which)}, router.error());
  return router.take();
}

static std::vector<uint64_t> find_ids(const Choice& choice) {
  if (!choice.ids.empty()) return choice.ids;
  uint64_t at = 0;
  auto ids = list_queue(at);
  if (!ids.ok()) die_unable(temporary, {"read queue/mess/", Num(at)}, ids.error());
  return ids.take();
}

// Messages end at any time. That one is gone is trouble only when it was named.
static std::optional<QueueEntry> find_entry(const Choice& choice, uint64_t id) {
  auto opened = QueueEntry::open(id);
  if (!opened.ok()) {
    if (opened.error().code == ENOENT) {
      if (choice.ids.empty()) return {};
      warn({"there is no message ", Num(id)});
      code = permanent;
    } else {
      warn({"unable to read message ", Num(id)}, opened.error());
      code = temporary;
    }
    return {};
  }
  QueueEntry e = opened.take();
  if (!matches_sender(choice, e.sender)) return {};
  if (!matches_age(choice, e.message.trailer().arrival, now_seconds())) return {};
  return e;
}

// For many messages at once: one question each would be slow.
static std::vector<Due> ask_due(ControlClient& client, std::span<const uint64_t> ids) {
  if (!client.is_open()) return {};
  Buf request, answer;
  request.append("due");
  for (uint64_t id : ids) request.add(" "sv, Num(id));
  if (!must(client.ask(request, answer), {"hear from qmail-send"})) die(temporary, {"qmail-send says: ", answer});
  return parse_due(answer);
}

static void show_all(const Choice& choice, const Router& router, ControlClient& client) {
  constexpr size_t at_once = 200;
  std::vector<uint64_t> ids = find_ids(choice);
  Listing listing(out, choice, router, client.is_open());
  must(listing.begin(), {"write"});
  for (size_t at = 0; at < ids.size(); at += at_once) {
    auto some = std::span(ids).subspan(at, std::min(at_once, ids.size() - at));
    std::vector<Due> due = ask_due(client, some);
    size_t next = 0;
    for (uint64_t id : some) {
      const Due* known = next < due.size() && due[next].id == id ? &due[next++] : nullptr;
      auto entry = find_entry(choice, id);
      if (entry) must(listing.show(*entry, known), {"show message ", Num(id)});
    }
  }
  must(listing.end(), {"write"});
}

static void report(const Choice& choice, uint64_t id, const Chosen& chosen, std::optional<Str> trouble) {
  static bool first = true;
  Buf text;
  if (choice.json) {
    text.add(std::exchange(first, false) ? "\n"sv : ",\n"sv, "{\"id\":"sv, Num(id), ",\"command\":\""sv,
             name_of(choice.command), "\",\"recipients\":"sv, Num(chosen.count), ",\"ok\":"sv,
             trouble ? "false"sv : "true"sv);
    if (trouble) append_json_member(text, "error", *trouble);
    text.push('}');
  } else {
    text.add(Num(id), "  "sv, name_of(choice.command), "  "sv, Num(chosen.count),
             chosen.count == 1 ? " recipient\n"sv : " recipients\n"sv);
  }
  if (trouble) {
    warn({name_of(choice.command), " ", Num(id), ": ", *trouble});
    code = temporary;
  }
  if (!trouble || choice.json) must(out.put(text), {"write"});
}

static void order_all(const Choice& choice, const Router& router, ControlClient& client) {
  if (choice.json) must(out.put("["), {"write"});
  Buf why;
  bool any = false;
  for (uint64_t id : find_ids(choice)) {
    auto entry = find_entry(choice, id);
    if (!entry) continue;
    Chosen chosen = must(choose_recipients(choice, *entry, router), {"read message ", Num(id)});
    if (chosen.count == 0) continue;
    any = true;
    if (!client.is_open()) {
      auto written = order_in_file(choice.command, *entry, chosen);
      report(choice, id, chosen, written.ok() ? std::nullopt : std::optional(error_text(written.error())));
      continue;
    }
    bool done = must(order_through(client, choice.command, id, chosen, why), {"hear from qmail-send"});
    report(choice, id, chosen, done ? std::nullopt : std::optional(why.view()));
  }
  if (choice.json) must(out.put("\n]\n"), {"write"});
  if (!any) return;

  // qmail-send does not sync what it writes.
  if (client.is_open())
    must(check(syncfs(must(open_directory("."), {"open queue"}).get())), {"sync queue"});
  else if (choice.command > Choice::Command::release)
    warn({"qmail-send does not run; it carries this out when it is started"});
}

// Holds qmail-send's lock until the end of this program.
static void take_mutex() {
  static Fd mutex;
  mutex = must(open_write("lock/sendmutex"), {"open lock/sendmutex"});
  auto locked = lock_exclusive(mutex.get(), Lock::try_now);
  if (!locked.ok()) die(temporary, {"qmail-send runs, but does not answer at queue/", control_socket_name});
}

int main(int argc, char** argv) {
  auto parsed = parse_choice(argc - 1, argv + 1);
  if (!parsed) die_usage(usage);
  Choice choice = std::move(*parsed);
  signal(SIGXFSZ, SIG_IGN);
  umask(077);
  must(enter_root(), {"chdir to ", Str(instance_root())});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  Router router = read_router();
  must(change_dir("queue"), {"chdir to queue"});
  must(check_queue_format(), {"use queue/format"});

  // As who started this, whom qmail-send may know; the rest as qmail-send itself, so
  // that what is written here is its own.
  ControlClient client;
  must(client.open(), {"connect to queue/", control_socket_name});
  if (geteuid() == 0) must(become({roles.qmails, roles.qmail}), {"become qmails"});
  if (!choice.is_action()) {
    show_all(choice, router, client);
  } else {
    if (!client.is_open()) take_mutex();
    order_all(choice, router, client);
  }
  must(out.flush(), {"write"});
  return code;
}
