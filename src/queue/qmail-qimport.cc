// qmail-qimport [ -r ] queue -- take over the messages of another qmail's queue.
//
// queue: the stopped queue of qmail 1.03, netqmail or notqmail, which is only read;
// with -r messages are removed from it once they are safe here. Interrupted
// at any point and run again, it neither loses nor doubles a message. No
// qmail-send may run, neither there nor here.
// Prints how many messages there were of each kind. Exit 0: all are taken over. 1:
// not all, a line on descriptor 2 says why for each. 100: called wrongly, or that
// is no such queue. 111: trouble; run it again.
#include <limits.h>
#include <stdlib.h>

#include "lib/checksum.h"
#include "lib/die.h"
#include "lib/io.h"
#include "lib/options.h"
#include "mail/queue_files.h"
#include "queue/import_stage.h"
#include "queue/stopped_queue.h"

const char program[] = "qmail-qimport";

enum : int { some_left = 1 };
static constexpr size_t batch = 64;  // messages whose directories are synced together

namespace {
struct Counts {
  uint64_t imported = 0, before = 0, finished = 0, troubles = 0;
};
}  // namespace

// The key of a message, and the line that qmail-queue wrote into it.
static TransferKey key_of(uint64_t number, const ForeignMessage& m, Buf& first_line) {
  TransferKey key = {number, static_cast<uint64_t>(m.body_status.st_mtime), 0, 0};
  static char space[65536];
  uint32_t sum = 0;
  first_line.clear();
  for (;;) {
    ssize_t n = pread(m.body.get(), space, sizeof space, static_cast<off_t>(key.size));
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) die_unable(temporary, {"read message ", Num(number)}, Err::last());
    if (n == 0) break;
    Str bytes(space, static_cast<size_t>(n));
    if (key.size == 0) {
      Str rest = slice(bytes, 0, 1000);
      first_line.set(take_until(rest, '\n'));
    }
    sum = crc32c(sum, bytes);
    key.size += bytes.size();
  }
  key.checksum = sum;
  return key;
}

static void remove_source(const ForeignQueue& queue, std::vector<uint64_t>& numbers) {
  Buf which;
  for (uint64_t number : numbers) {
    auto removed = queue.remove(number, which);
    if (!removed.ok()) die_unable(temporary, {"remove ", which}, removed.error());
  }
  numbers.clear();
}

int main(int argc, char** argv) {
  Options options(argc, argv, "r");
  bool removes = false;
  while (char letter = options.next()) {
    if (letter != 'r') die_usage("qmail-qimport [ -r ] queue");
    removes = true;
  }
  if (options.rest_count() != 1) die_usage("qmail-qimport [ -r ] queue");
  static char source[PATH_MAX];
  if (!realpath(options.rest()[0], source)) die_unable(permanent, {"find ", Str(options.rest()[0])}, Err::last());

  // Where mail goes to, and its rules: local recipients lose what virtualdomains gave them.
  umask(077);
  StoppedQueue own = enter_stopped_queue();
  auto opened = ForeignQueue::open(source);
  if (!opened.ok() && opened.error().code == EWOULDBLOCK)
    die(temporary, {"qmail-send is running in ", Str(source), ": end it first"});
  if (!opened.ok() && opened.error().code == EPROTO) die(permanent, {Str(source), " is no queue of another qmail"});
  ForeignQueue queue = must(std::move(opened), {"read ", Str(source)});

  ImportStage stage = must(ImportStage::open(own.roles), {"use queue/import"});
  Counts counts;
  std::vector<uint64_t> removable;
  auto publish = [&] {
    must(stage.publish(), {"put messages into the queue"});
    if (removes) remove_source(queue, removable);
  };
  Buf which, first_line, why;
  for (uint64_t number : queue.messages()) {
    auto read = queue.read(number, which);
    if (!read.ok()) {
      warn({"unable to read ", which}, read.error());
      ++counts.troubles;
      continue;
    }
    ForeignMessage from = read.take();
    TransferKey key = key_of(number, from, first_line);
    if (stage.has(key)) {
      ++counts.before;
      removable.push_back(number);
      continue;
    }
    ImportedMessage message;
    if (!from.is_new) read_invoker(first_line, own.roles, message);
    if (!import_message(from, own.router, message, why)) {
      warn({"unable to import message ", Num(number), ": ", why});
      ++counts.troubles;
      continue;
    }
    if (message.is_finished()) {
      ++counts.finished;
      continue;
    }
    must(stage.add(key, from, message), {"import message ", Num(number)});
    ++counts.imported;
    removable.push_back(number);
    if (stage.staged() == batch) publish();
  }
  publish();

  Buf text;
  text.add("imported "sv, Num(counts.imported), ", imported before "sv, Num(counts.before), ", already finished "sv,
           Num(counts.finished), ", never accepted "sv, Num(queue.unfinished()), ", not imported "sv,
           Num(counts.troubles), "\n"sv);
  must(write_all(1, text), {"write"});
  _exit(counts.troubles ? some_left : 0);
}
