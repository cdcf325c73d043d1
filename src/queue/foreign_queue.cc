#include "queue/foreign_queue.h"

#include <algorithm>

#include "lib/directory.h"
#include "mail/queue_files.h"

static constexpr const char* names[] = {"mess", "todo", "intd", "info", "local", "remote", "bounce"};
static constexpr size_t largest_file = size_t{1} << 30;  // of recipients or failures

static Result<bool> is_directory(const char* name, int dir) {
  struct stat st;
  TRY(check(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)));
  return S_ISDIR(st.st_mode);
}

Result<> ForeignQueue::list(Part part) {
  auto opened = Directory::open(names[part], dir_.get());
  if (!opened.ok() && opened.error().code == ENOENT && part == intd) return {};
  Directory entries = TRY(std::move(opened));
  std::vector<Place>& places = places_[part];
  Buf name;
  while (auto entry = TRY(entries.next())) {
    auto number = scan_u64(*entry);
    if (!number) continue;
    name.set(Str(names[part]), "/"sv, *entry);
    auto split = is_directory(name.c_str(), dir_.get());
    if (!split.ok() && split.error().code == ENOENT) continue;
    if (!TRY(split)) {
      if (scan_id(*entry)) places.push_back({*number, flat});
      continue;
    }
    Directory below = TRY(Directory::open(name.c_str(), dir_.get()));
    while (auto file = TRY(below.next()))
      if (auto id = scan_id(*file)) places.push_back({*id, *number});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.number < b.number; });
  return {};
}

Result<ForeignQueue> ForeignQueue::open(const char* dir) {
  ForeignQueue q;
  q.dir_ = TRY(open_directory(dir));
  for (Part part : {mess, todo, info})
    if (!stat_of(names[part], q.dir_.get()).ok()) return Err{EPROTO};
  if (stat_of("format", q.dir_.get()).ok()) return Err{EPROTO};  // one of ours

  // A copy of a queue may come without its lock directory.
  auto mutex = open_write("lock/sendmutex", q.dir_.get());
  if (mutex.ok()) {
    q.lock_ = mutex.take();
    TRY(lock_exclusive(q.lock_.get(), Lock::try_now));
  } else if (mutex.error().code != ENOENT) {
    return mutex.error();
  }

  for (uint8_t part = 0; part < parts; ++part) {
    auto listed = q.list(static_cast<Part>(part));
    bool may_lack = part != mess && part != todo && part != info;
    if (!listed.ok() && !(may_lack && listed.error().code == ENOENT)) return listed.error();
  }
  for (Part part : {todo, info})
    for (const Place& p : q.places_[part]) q.messages_.push_back(p.number);
  std::sort(q.messages_.begin(), q.messages_.end());
  q.messages_.erase(std::unique(q.messages_.begin(), q.messages_.end()), q.messages_.end());
  for (const Place& p : q.places_[mess])
    q.unfinished_ += !std::binary_search(q.messages_.begin(), q.messages_.end(), p.number);
  return q;
}

bool ForeignQueue::find(Buf& name, Part part, uint64_t number) const {
  const auto& places = places_[part];
  auto at =
      std::lower_bound(places.begin(), places.end(), number, [](const Place& p, uint64_t n) { return p.number < n; });
  name.set(Str(names[part]), "/"sv);
  bool found = at != places.end() && at->number == number;
  if (found && at->split != flat) name.add(Num(at->split), "/"sv);
  name.append_number(number);
  return found;
}

// No link is followed, as this runs as root where others may write.
static Result<Fd> open_regular(const char* name, int dir, struct stat& st) {
  Fd fd = TRY(owned(openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)));
  st = TRY(stat_of(fd.get()));
  if (!S_ISREG(st.st_mode)) return Err{EBADMSG};
  return fd;
}

// False: there is no such file.
Result<bool> ForeignQueue::read_part(Part part, uint64_t number, Buf& content, struct stat& st, Buf& which) const {
  if (!find(which, part, number)) return false;
  Fd fd = TRY(open_regular(which.c_str(), dir_.get(), st));
  TRY(read_all(fd.get(), content, largest_file));
  return true;
}

Result<ForeignMessage> ForeignQueue::read(uint64_t number, Buf& which) const {
  ForeignMessage m;
  struct stat st {};
  m.is_new = TRY(read_part(todo, number, m.todo, st, which));
  m.birth = st.st_mtime;
  if (!m.is_new) {
    TRY(read_part(info, number, m.info, st, which));
    m.birth = st.st_mtime;
    for (Part part : {local, remote})
      if (TRY(read_part(part, number, part == local ? m.local : m.remote, st, which)))
        m.due = m.due == 0 ? st.st_mtime : std::min<int64_t>(m.due, st.st_mtime);
    TRY(read_part(bounce, number, m.bounce, st, which));
  }
  if (!find(which, mess, number)) return Err{ENOENT};
  m.body = TRY(open_regular(which.c_str(), dir_.get(), m.body_status));
  return m;
}

Result<> ForeignQueue::remove(uint64_t number, Buf& which) const {
  for (Part part : {bounce, local, remote, info, intd, todo, mess})
    if (find(which, part, number) && unlinkat(dir_.get(), which.c_str(), 0) == -1 && errno != ENOENT)
      return Err::last();
  return {};
}
