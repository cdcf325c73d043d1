// qmail-clean -- remove messages on behalf of qmail-send. Runs in queue/.
//
// Holds lock/cleanmutex, then answers "+0" once. Descriptor 0 brings requests,
// each ended by NUL; descriptor 1 takes an answer for each, in order: a sign,
// the ID, NUL. Signs: + done, ! could not, x not a request (with ID 0).
//   done/ID  unlink the message
//   sync/ID  unlink it, and answer when no power cut can bring it back
//   bad/ID   it is damaged: move it to bad/
// A message that is gone already counts as done, so requests may be repeated.
// At start and after every 30 requests it sweeps tmp/. Exit 0 at the end of
// requests, 100 when answers cannot be written, 111 on trouble at the start.
#include <signal.h>

#include "lib/die.h"
#include "lib/directory.h"
#include "lib/io.h"
#include "lib/sys.h"
#include "mail/jails.h"
#include "mail/queue_files.h"
#include "queue/abandoned.h"
#include "queue/put_aside.h"

const char program[] = "qmail-clean";

static constexpr size_t requests_per_sweep = 30;
static constexpr size_t longest_request = 100;

static char out_space[4096], in_space[4096];
static constinit Writer out(1, out_space);
static constinit Reader in(0, in_space, &out);

namespace {
// The names it makes, in memory that it has taken before its jail leaves it none.
struct Names {
  Buf request, of_message, of_other;
};
}  // namespace

// Removes what killed qmail-queues left. Best effort: a later sweep gets the rest.
static Result<> sweep_tmp(Buf& name) {
  Directory dir = TRY(Directory::open("tmp"));
  while (auto file = TRY(dir.next())) {
    if (!scan_id(*file)) continue;
    name.set("tmp/"sv, *file);
    if (is_abandoned(name.c_str())) unlink(name.c_str());
  }
  return {};
}

static bool gone(const char* name) { return unlink(name) == 0 || errno == ENOENT; }

static bool is_gone(const char* name) {
  auto fd = open_read(name);
  return !fd.ok() && fd.error().code == ENOENT;
}

static Result<> sync_split(uint64_t split, Buf& directory) {
  directory.set("mess/"sv, Num(split));
  return sync_directory(directory.c_str());
}

// What a predecessor unlinked should be on the disk before qmail-send looks for
// state files without a message, and removes them. Best effort: it takes a crash,
// and a power cut soon after, for a message to come back unmarked.
static void sync_all(Buf& directory) {
  for (uint64_t s = 0; s < CONF_SPLIT; ++s) sync_split(s, directory).ok();
}

// A message that is gone counts as done; not where there is no bad/.
static bool move_to_bad(const char* name, uint64_t id, Buf& to) {
  auto moved = put_aside(name, id, {}, to);
  return moved.ok() || (moved.error().code == ENOENT && is_gone(name));
}

namespace {
struct Answer {
  char sign;
  uint64_t id;
  bool synced;  // holds only once its directory is synced
};
}  // namespace

static Answer carry_out(Str request, Names& names) {
  Str verb = take_until(request, '/');
  auto id = scan_id(request);  // digits only: nothing else may reach a path
  bool done;
  Buf& name = names.of_message;
  if (!id) return {'x', 0, false};
  set_message_name(name, *id);
  if (verb == "done" || verb == "sync")
    done = gone(name.c_str());
  else if (verb == "bad")
    done = move_to_bad(name.c_str(), *id, names.of_other);
  else
    return {'x', 0, false};
  return {done ? '+' : '!', *id, done && verb == "sync"};
}

// The unlink of the message must be on the disk before qmail-send forgets which
// of its recipients are done: else a power cut could bring it back unmarked.
static void sync(std::vector<Answer>& answers, Buf& directory) {
  bool wanted[CONF_SPLIT] = {}, failed[CONF_SPLIT] = {};
  for (const Answer& a : answers)
    if (a.synced) wanted[split_of(a.id)] = true;
  for (uint64_t s = 0; s < CONF_SPLIT; ++s) failed[s] = wanted[s] && !sync_split(s, directory).ok();
  for (Answer& a : answers)
    if (a.synced && failed[split_of(a.id)]) a.sign = '!';
}

// Takes the requests that are there, at least one, so that their directories are
// synced once for all of them. False: there are no more.
static bool take_requests(std::vector<Answer>& answers, Names& names) {
  do {
    bool cut = false;
    if (!must(in.get_until(names.request, '\0', longest_request, &cut), {"read requests"})) return false;
    answers.push_back(carry_out(cut ? Str() : names.request.view(), names));
  } while (in.buffered().find('\0') != Str::npos);
  return true;
}

int main() {
  signal(SIGPIPE, SIG_IGN);
  Names names;
  for (Buf* b : {&names.request, &names.of_message, &names.of_other})
    if (!b->try_reserve(sizeof "bad/" + longest_request)) out_of_memory();
  std::vector<Answer> answers;
  answers.reserve(sizeof in_space + 1);  // one request takes a byte at least

  // A predecessor whose qmail-send was killed still works off what it was asked;
  // its ID may be a new message's by the time it does. Wait until it is gone.
  Fd mutex = must(open_write("lock/cleanmutex"), {"open lock/cleanmutex"});
  must(lock_exclusive(mutex.get(), Lock::wait), {"lock lock/cleanmutex"});
  enter_jail(jails::clean);
  sync_all(names.of_other);
  must(out.put("+0\0"sv), {"answer"}, permanent);

  size_t since_sweep = requests_per_sweep;
  for (bool more = true; more;) {
    if (since_sweep >= requests_per_sweep) {
      sweep_tmp(names.of_other).ok();
      since_sweep = 0;
    }
    answers.clear();
    more = take_requests(answers, names);
    sync(answers, names.of_other);
    for (const Answer& a : answers) must(out.put({Str(&a.sign, 1), Num(a.id), "\0"sv}), {"answer"}, permanent);
    since_sweep += answers.size();
  }
  must(out.flush(), {"answer"}, permanent);
}
