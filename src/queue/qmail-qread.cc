// qmail-qread -- list the messages of the queue and their recipients.
//
// A line for each message: its arrival, ID, size and sender, and "bouncing" when
// some recipients failed; then a line for each recipient with the channel that
// it goes by according to today's control files. Trouble is told on descriptor 1,
// as it always was. Exit 0, or 111 when the queue cannot be read.
#include "lib/die.h"
#include "lib/io.h"
#include "mail/date.h"
#include "mail/instance.h"
#include "mail/queue_files.h"
#include "mail/route.h"
#include "mail/state.h"
#include "queue/queue_list.h"

const char program[] = "qmail-qread";

static char out_space[8192];
static constinit Writer out(1, out_space);

[[noreturn]] static void fatal(std::initializer_list<Str> parts, Err error) {
  if (out.put({"fatal: "}).ok() && out.put(parts).ok() && out.put({": ", error_text(error), "\n"}).ok()) {
    auto flushed = out.flush();
    (void)flushed.ok();
  }
  _exit(temporary);
}

template <class T>
static T must_fatal(Result<T> r, std::initializer_list<Str> parts) {
  if (!r.ok()) fatal(parts, r.error());
  return r.take();
}

static void put(std::initializer_list<Str> parts) { must(out.put(parts), {"write"}); }

static void append_visible(Buf& text, Str s) {
  for (char c : s) text.push(c < 32 || c > 126 ? '_' : c);
}

namespace {
// What the state file tells of a message.
struct Marks {
  RecipientBits bits;
  bool bouncing = false;
};
}  // namespace

static Result<Marks> read_marks(const Message& message) {
  uint64_t recipients = message.trailer().recipients;
  Marks marks = {RecipientBits(recipients)};
  Buf name;
  set_state_name(name, message.trailer().id);
  auto opened = open_read(name.c_str());
  if (!opened.ok() && opened.error().code == ENOENT) return marks;
  Fd fd = TRY(std::move(opened));
  StateReader reader;
  if (!TRY(reader.open(fd.get(), message.trailer()))) return marks;
  while (auto r = TRY(reader.next())) {
    bool failed = r->kind == StateRecord::Kind::failed;
    if (failed) marks.bouncing = true;
    bool ended = failed || r->kind == StateRecord::Kind::done || r->kind == StateRecord::Kind::removed;
    if (ended && r->number < recipients) marks.bits.set(r->number, RecipientBits::settled);
  }
  return marks;
}

static Result<> put_recipients(const Message& message, const Router& router, const Marks& marks, Channel channel) {
  char space[4096];
  EnvelopeWalk walk(message, space);
  Route route;
  Buf line;
  while (auto record = TRY(walk.next())) {
    if (record->kind != 'T') continue;
    router.route(record->address, route);
    if (route.channel != channel) continue;
    line.set(marks.bits.get(walk.cursor().recipients - 1, RecipientBits::settled) ? "  done"sv : ""sv,
             channel == Channel::local ? "\tlocal\t"sv : "\tremote\t"sv);
    append_visible(line, route.address);
    put({line, "\n"});
  }
  return {};
}

static Result<> put_message(uint64_t id, const Router& router) {
  Buf line;
  set_message_name(line, id);
  Message message = TRY(Message::open(line.c_str(), id));
  Marks marks = TRY(read_marks(message));
  char space[4096];
  EnvelopeWalk walk(message, space);
  auto sender = TRY(walk.next());
  if (!sender) return Err{EBADMSG};
  line.clear();
  append_date_without_zone(line, message.trailer().arrival);
  line.add(" GMT  #"sv, Num(id), "  "sv, Num(message.trailer().body_size), "  <"sv);
  append_visible(line, sender->address);
  line.append("> ");
  put({line, marks.bouncing ? " bouncing\n" : "\n"});
  TRY(put_recipients(message, router, marks, Channel::local));
  return put_recipients(message, router, marks, Channel::remote);
}

int main() {
  must_fatal(enter_root(), {"unable to chdir"});
  Control control = must_fatal(Control::open("."), {"unable to read control"});
  const char* which = "";
  auto read = Router::read(control, which);
  if (!read.ok()) fatal({"unable to read control/", Str(which)}, read.error());
  Router router = read.take();
  must_fatal(change_dir("queue"), {"unable to chdir"});
  must_fatal(check_queue_format(), {"unable to use queue/format"});
  uint64_t at = 0;
  auto ids = list_queue(at);
  if (!ids.ok()) fatal({"unable to opendir mess/", Num(at)}, ids.error());
  for (uint64_t id : ids.take()) {
    auto shown = put_message(id, router);
    if (shown.ok() || shown.error().code == ENOENT) continue;  // it has just ended
    put({"warning: trouble with #", Num(id), ": ", error_text(shown.error()), "\n"});
  }
  must(out.flush(), {"write"});
}
