#include "local/maildir.h"

#include <signal.h>
#include <string.h>

#include "lib/die.h"
#include "lib/io.h"
#include "lib/sys.h"
#include "lib/time.h"

static constexpr Str trouble = "Temporary error on maildir delivery. (#4.3.0)";
static constexpr Str no_maildir = "Unable to chdir to maildir. (#4.2.1)";
static constexpr Str unreadable = "Unable to read message. (#4.3.0)";
static constexpr Str too_late = "Timeout on maildir delivery. (#4.3.0)\n";

void set_maildir_name(Buf& name, int64_t microseconds, uint64_t pid, uint64_t count, Str host) {
  auto now = static_cast<uint64_t>(microseconds);
  name.set(Num(now / 1000000), ".M"sv, Num(now % 1000000), "P"sv, Num(pid), "Q"sv, Num(count), "."sv);
  for (char c : host) {
    if (c == '/')
      name.append("\\057");
    else if (c == ':')
      name.append("\\072");
    else
      name.push(c);
  }
}

// The file being written, for the signal handler.
static char unfinished[4096];

static void give_up(int) {
  unlink(unfinished);
  if (write(2, too_late.data(), too_late.size()) == -1) {
  }
  _exit(temporary);
}

// The limit of 24 hours keeps a file in tmp/ from being in use when it is old
// enough (36 hours) to be removed by whoever reads the maildir.
static void limit_time() {
  struct sigaction action {};
  action.sa_handler = give_up;
  sigaction(SIGALRM, &action, nullptr);
  alarm(86400);
}

namespace {
// All that is needed once the file is there: then no lack of memory leaves it behind.
struct Plan {
  Buf tmp, target, directory, head;
};
}  // namespace

// Makes a file in tmp/ under a name of its own.
static Result<Fd> create(Plan& plan, Str path) {
  static uint64_t count;
  Buf name;
  char host[64] = "";
  gethostname(host, sizeof host - 1);
  for (int tries = 0;; ++tries) {
    set_maildir_name(name, now_microseconds(), static_cast<uint64_t>(getpid()), ++count, host);
    plan.tmp.set(path, "tmp/"sv, name.view());
    plan.target.set(plan.directory.view(), "/"sv, name.view());
    if (plan.tmp.size() >= sizeof unfinished) return Err{ENAMETOOLONG};
    auto fd = open_exclusive(plan.tmp.c_str(), 0644);
    if (fd.ok() || fd.error().code != EEXIST || tries == 2) return fd;
  }
}

// Straight from descriptor to descriptor, in pieces that most messages fit into,
// the head in front of the first one. *was_reading: which side an error is of.
static Result<> copy(int from, int to, const Buf& head, bool* was_reading) {
  static char space[131072];
  TRY(head.size() > sizeof space / 2 ? write_all(to, head) : Result<>());
  size_t used = head.size() > sizeof space / 2 ? 0 : head.view().copy(space, head.size());
  for (;;) {
    ssize_t n = read(from, space + used, sizeof space - used);
    if (n == -1 && errno == EINTR) continue;
    *was_reading = n == -1;
    if (n == -1) return Err::last();
    used += static_cast<size_t>(n);
    if (n == 0 || used == sizeof space) TRY(write_all(to, Str(space, std::exchange(used, 0))));
    if (n == 0) return {};
  }
}

// Data before name, name before success: a reader of new/ sees whole messages only,
// and a message reported as delivered is there after a power cut.
static Result<> publish(Fd file, const Plan& plan) {
  TRY(sync_file(file.get()));
  TRY(rename_new(plan.tmp.c_str(), plan.target.c_str()));

  auto synced = sync_directory(plan.directory.c_str());
  // A maildir that others may only drop mail into: what cannot be opened is
  // synced with all of its file system.
  if (!synced.ok() && synced.error().code == EACCES) synced = check(syncfs(file.get()));
  if (!synced.ok()) unlink(plan.target.c_str());
  return synced;
}

Buf deliver_to_maildir(const char* path, int message, const TraceLines& trace) {
  Buf text;
  auto there = stat_of(path);
  if (!there.ok()) return std::move(text.set(is_temporary(there.error()) ? trouble : no_maildir));

  Plan plan;
  plan.directory.set(path, "new"sv);
  plan.head.set(trace.return_path.view(), trace.delivered_to.view());
  auto created = create(plan, path);
  if (!created.ok()) return std::move(text.set(trouble));
  memcpy(unfinished, plan.tmp.c_str(), plan.tmp.size() + 1);
  limit_time();

  bool was_reading = false;
  Fd file = created.take();
  auto r = copy(message, file.get(), plan.head, &was_reading);
  if (r.ok()) r = publish(std::move(file), plan);
  if (!r.ok()) unlink(plan.tmp.c_str());
  alarm(0);
  unfinished[0] = 0;
  if (!r.ok()) text.set(was_reading ? unreadable : trouble);
  return text;
}
