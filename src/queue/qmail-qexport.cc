// qmail-qexport [ -r ] [ -s split ] dir -- write the messages of the queue into a
// queue of qmail 1.03, netqmail or notqmail: the way back, with mail waiting.
//
// dir: a queue directory of theirs, made if missing, with conf-split 23 or split;
// its qmail-send and ours must not run. With -r messages are removed here once
// they are safe there. Interrupted at any point and run again, it neither loses nor
// doubles a message.
// Prints how many messages there were of each kind. Exit 0: all are written. 1: not
// all, a line on descriptor 2 says why for each. 100: called wrongly, or dir is
// something else. 111: trouble; run it again.
#include <limits.h>
#include <unistd.h>

#include "lib/die.h"
#include "lib/io.h"
#include "lib/options.h"
#include "mail/queue_files.h"
#include "queue/export_message.h"
#include "queue/queue_list.h"
#include "queue/stopped_queue.h"

const char program[] = "qmail-qexport";

enum : int { some_left = 1 };
static constexpr size_t batch = 64;  // messages whose directories are synced together
static constexpr uint64_t largest_split = 100000;

namespace {
struct Arguments {
  bool removes = false;
  std::optional<uint64_t> split;
  Buf dir;
};
struct Counts {
  uint64_t exported = 0, before = 0, finished = 0, troubles = 0;
};
}  // namespace

static Arguments read_arguments(int argc, char** argv) {
  Arguments a;
  Options options(argc, argv, "rs:");
  while (char letter = options.next()) {
    if (letter == 's') a.split = scan_u64(options.value(), largest_split);
    if (letter == 'r') a.removes = true;
    if (letter == '?' || (letter == 's' && a.split.value_or(0) == 0))
      die_usage("qmail-qexport [ -r ] [ -s split ] dir");
  }
  if (options.rest_count() != 1 || !*options.rest()[0]) die_usage("qmail-qexport [ -r ] [ -s split ] dir");
  static char here[PATH_MAX];
  Str dir = options.rest()[0];
  if (!dir.starts_with('/')) {
    if (!getcwd(here, sizeof here)) die_unable(temporary, {"find the working directory"}, Err::last());
    a.dir.add(Str(here), "/"sv);
  }
  a.dir.append(dir);
  return a;
}

// As qmail-clean and qmail-send do: marks go once nothing can bring the message back.
static void remove_ours(int queue, std::vector<uint64_t>& ids) {
  Buf name;
  bool wanted[CONF_SPLIT] = {};
  auto remove = [&](uint64_t id) {
    if (unlinkat(queue, name.c_str(), 0) == -1 && errno != ENOENT)
      die_unable(temporary, {"remove message ", Num(id)}, Err::last());
  };
  for (uint64_t id : ids) {
    set_message_name(name, id);
    remove(id);
    wanted[split_of(id)] = true;
  }
  for (uint64_t s = 0; s < CONF_SPLIT; ++s)
    if (wanted[s]) must(sync_directory(name.set("mess/"sv, Num(s)).c_str(), queue), {"sync ", name});
  for (uint64_t id : ids) {
    set_state_name(name, id);
    remove(id);
  }
  ids.clear();
}

static Result<Message> open_checked(int queue, uint64_t id) {
  Buf name;
  set_message_name(name, id);
  Message m = TRY(Message::open(name.c_str(), id, queue));
  TRY(m.check_envelope());
  TRY(m.check_body());
  return m;
}

static Fd open_state(int queue, uint64_t id) {
  Buf name;
  set_state_name(name, id);
  auto opened = open_read(name.c_str(), queue);
  if (!opened.ok() && opened.error().code == ENOENT) return {};
  return must(std::move(opened), {"read ", name});
}

int main(int argc, char** argv) {
  Arguments arguments = read_arguments(argc, argv);
  umask(077);
  StoppedQueue own = enter_stopped_queue();
  Fd queue = must(open_directory("."), {"open queue"});
  uint64_t at = 0;
  std::vector<uint64_t> ids = must(list_queue(at), {"read queue"});

  auto opened = ExportStage::open(arguments.dir.c_str(), arguments.split, own.roles);
  if (!opened.ok()) {
    int code = opened.error().code;
    if (code == EWOULDBLOCK) die(temporary, {"qmail-send is running in ", arguments.dir, ": end it first"});
    if (code == EPROTO || code == ENOTDIR) die(permanent, {arguments.dir, " is no queue of another qmail"});
    if (code == EINVAL) die(permanent, {arguments.dir, " has another conf-split"});
  }
  ExportStage stage = must(std::move(opened), {"make ", arguments.dir});

  Counts counts;
  std::vector<uint64_t> removable;
  auto publish = [&] {
    must(stage.publish(), {"put messages into ", arguments.dir});
    if (arguments.removes) remove_ours(queue.get(), removable);
  };
  auto leave = [&](uint64_t id, Str why) {
    warn({"unable to export message ", Num(id), ": ", why});
    ++counts.troubles;
  };
  for (uint64_t id : ids) {
    auto read = open_checked(queue.get(), id);
    if (!read.ok()) {
      leave(id, read.error().code == EBADMSG ? "it is damaged"sv : error_text(read.error()));
      continue;
    }
    Message m = read.take();
    const Trailer& t = m.trailer();
    TransferKey key = {id, static_cast<uint64_t>(t.arrival), t.envelope_checksum, t.body_checksum};
    if (stage.has(key)) {
      ++counts.before;
      removable.push_back(id);
      continue;
    }
    ExportedMessage files;
    Fd state = open_state(queue.get(), id);
    switch (must(export_message(m, state.get(), own.router, files), {"read message ", Num(id)})) {
      case Exportable::finished: ++counts.finished; continue;
      case Exportable::ordered: leave(id, "qmail-qctl has orders for it"); continue;
      case Exportable::yes: break;
    }
    must(stage.add(key, m, files), {"write message ", Num(id)});
    ++counts.exported;
    removable.push_back(id);
    if (stage.staged() == batch) publish();
  }
  publish();

  Buf text;
  text.add("exported "sv, Num(counts.exported), ", exported before "sv, Num(counts.before), ", already finished "sv,
           Num(counts.finished), ", not exported "sv, Num(counts.troubles), "\n"sv);
  must(write_all(1, text), {"write"});
  _exit(counts.troubles ? some_left : 0);
}
