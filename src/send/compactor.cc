#include "send/compactor.h"

#include <algorithm>

#include "lib/child.h"
#include "lib/directory.h"
#include "mail/instance.h"
#include "mail/queue_files.h"

static constexpr size_t at_once = 2;
static constexpr int64_t smallest = 65536;  // bytes of a file that is worth a process

static void set_fresh_name(Buf& name, uint64_t id) {
  set_state_name(name, id);
  name.append(".new");
}

// The new file is made here and not by the child: so that one of a predecessor
// that was killed, should it still write, has none that anybody would use.
static Result<Fd> make_fresh(uint64_t id) {
  Buf name;
  set_fresh_name(name, id);
  if (unlink(name.c_str()) == -1 && errno != ENOENT) return Err::last();
  return open_exclusive(name.c_str(), 0600);
}

static Result<pid_t> run_child(const Job& job, int fresh) {
  Buf file, id;
  file.set(Str(instance_root()), "/bin/qmail-compact"sv);
  id.append_number(job.id());
  const char* argv[] = {"qmail-compact", id.c_str(), nullptr};
  FdMove fds[] = {{job.message().fd(), 0}, {fresh, 1}, {job.state_fd(), 3}};
  return spawn({.file = file.c_str(), .argv = argv, .fds = fds});
}

void Compactor::start_if_it_pays(Job& job) {
  if (job.state_fd() == -1 || running_.size() >= at_once) return;
  auto st = stat_of(job.state_fd());
  if (!st.ok()) return;
  struct stat before = st.take();
  if (before.st_size < smallest || before.st_size / 1024 < 2 * int64_t{job.known().compacted}) return;
  for (const Running& r : running_)
    if (r.id == job.id()) return;
  auto made = make_fresh(job.id());
  if (!made.ok()) return;
  Fd fresh = made.take();
  auto pid = run_child(job, fresh.get());
  if (pid.ok()) return running_.push_back({pid.take(), job.id(), before, std::move(fresh)});
  Buf name;
  set_fresh_name(name, job.id());
  unlink(name.c_str());
}

std::optional<uint64_t> Compactor::child_ended(pid_t pid) const {
  for (const Running& r : running_)
    if (r.pid == pid) return r.id;
  return {};
}

// The new file says what the old one said at its start. Has it grown since, or does
// somebody hold it open to append, then the old one stays.
void Compactor::finish(pid_t pid, int status, Known* k) {
  auto r = std::find_if(running_.begin(), running_.end(), [&](const Running& c) { return c.pid == pid; });
  Buf name, fresh_name;
  set_state_name(name, r->id);
  set_fresh_name(fresh_name, r->id);
  auto old = stat_of(name.c_str());
  auto fresh = stat_of(r->fresh.get());
  bool good = exit_code(status) == 0 && k && old.ok() && fresh.ok();
  if (good) {
    struct stat now = old.take();
    timespec times[2] = {now.st_atim, now.st_mtim};
    good = now.st_ino == r->before.st_ino && now.st_size == r->before.st_size && futimens(r->fresh.get(), times) == 0 &&
           rename_over(fresh_name.c_str(), name.c_str()).ok();
  }
  if (good)
    k->compacted = static_cast<uint32_t>(fresh.take().st_size / 1024);
  else
    unlink(fresh_name.c_str());
  running_.erase(r);
}

void Compactor::remove_leftovers(uint64_t split) {
  Buf name;
  name.set("state/"sv, Num(split));
  auto dir = Directory::open(name.c_str());
  if (!dir.ok()) return;
  Directory files = dir.take();
  for (;;) {
    auto file = files.next();
    if (!file.ok()) return;
    auto found = file.take();
    if (!found) return;
    if (!found->ends_with(".new")) continue;
    name.set("state/"sv, Num(split), "/"sv, *found);
    unlink(name.c_str());
  }
}
