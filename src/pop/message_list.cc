#include "pop/message_list.h"

#include <stdlib.h>

#include <algorithm>

#include "lib/directory.h"
#include "lib/time.h"

static int64_t nanoseconds(const timespec& t) { return int64_t{t.tv_sec} * 1000000000 + t.tv_nsec; }

static Str unique_part(Str path) {
  Str name = slice(path, 4);  // behind "new/" or "cur/"
  return slice(name, 0, name.find(':'));
}

Str MessageList::unique(const ListedMessage& m) const { return unique_part(path(m)); }

MessageList::~MessageList() {
  free(messages_);
  free(by_unique_);
}

Result<> MessageList::add(Str folder, Str name, const struct stat& st) {
  if (count_ == room_) {
    size_t more = room_ ? 2 * room_ : 256;
    auto* grown = static_cast<ListedMessage*>(reallocarray(messages_, more, sizeof(ListedMessage)));
    if (!grown) return Err{ENOMEM};
    messages_ = grown;
    room_ = more;
  }
  size_t at = text_.size();
  if (!text_.try_append(folder) || !text_.try_append(name) || !text_.try_append("\0"sv)) return Err{ENOMEM};
  messages_[count_++] = {at, static_cast<uint64_t>(st.st_size), nanoseconds(st.st_mtim), st.st_ino, false};
  return {};
}

// A link that leads round in a circle, or where we may not look, is no message.
// Where a file cannot be looked at, all of them may be missing.
static bool leads_nowhere(const char* path, Err why) {
  struct stat st;
  return !is_temporary(why) && lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

Result<> MessageList::read_folder(Str folder, int64_t before) {
  Buf path;
  path.set(folder);
  Directory names = TRY(Directory::open(path.c_str()));
  while (auto name = TRY(names.next())) {
    if ((*name)[0] == '.') continue;
    path.set(folder, *name);
    auto looked = stat_of(path.c_str());
    if (!looked.ok() && looked.error().code == ENOENT) continue;  // moved to cur, which is read later, or gone
    if (!looked.ok() && leads_nowhere(path.c_str(), looked.error())) continue;
    auto st = TRY(looked);
    if (S_ISREG(st.st_mode) && st.st_mtime < before) TRY(add(folder, *name, st));
  }
  return {};
}

static Result<int64_t> time_of(const char* folder) {
  auto st = TRY(stat_of(folder));
  return nanoseconds(st.st_mtim);
}

Result<> MessageList::scan(int64_t before) {
  // A directory that changes while it is read can show a renamed file twice or
  // not at all. Twice is put right below; against the other it is read again.
  for (int tries = 0; tries < 3; ++tries) {
    count_ = 0;
    text_.clear();
    int64_t first = TRY(time_of("cur"));
    TRY(read_folder("new/", before));  // first: messages go from there to cur, never back
    TRY(read_folder("cur/", before));
    if (TRY(time_of("cur")) == first) break;
  }
  std::sort(messages_, messages_ + count_, [this](const ListedMessage& a, const ListedMessage& b) {
    if (a.modified != b.modified) return a.modified < b.modified;
    if (int order = unique(a).compare(unique(b))) return order < 0;
    return Str(path(a)) < Str(path(b));  // cur before new
  });
  auto* end = std::unique(messages_, messages_ + count_, [this](const ListedMessage& a, const ListedMessage& b) {
    return a.inode == b.inode && unique(a) == unique(b);
  });
  count_ = static_cast<size_t>(end - messages_);
  return {};
}

Result<> MessageList::make_index() {
  if (by_unique_) return {};
  by_unique_ = static_cast<size_t*>(reallocarray(nullptr, count_ ? count_ : 1, sizeof(size_t)));
  if (!by_unique_) return Err{ENOMEM};
  for (size_t i = 0; i < count_; ++i) by_unique_[i] = i;
  std::sort(by_unique_, by_unique_ + count_,
            [this](size_t a, size_t b) { return unique(messages_[a]) < unique(messages_[b]); });
  return {};
}

// A file of that name is there: it is the message of that unique name whose own
// name leads nowhere any more. Should several have one unique name, the inode tells.
Result<> MessageList::find_in(Str folder) {
  Buf path;
  path.set(folder);
  Directory names = TRY(Directory::open(path.c_str()));
  while (auto name = TRY(names.next())) {
    path.set(folder, *name);
    Str wanted = unique_part(path);
    size_t* at = std::lower_bound(by_unique_, by_unique_ + count_, wanted,
                                  [this](size_t i, Str key) { return unique(messages_[i]) < key; });
    ListedMessage* best = nullptr;
    for (; at < by_unique_ + count_ && unique(messages_[*at]) == wanted; ++at) {
      ListedMessage& m = messages_[*at];
      if (path.view() == this->path(m)) {
        best = nullptr;
        break;
      }
      if (stat_of(this->path(m)).ok()) continue;
      auto st = stat_of(path.c_str());
      if (!best || (st.ok() && st.take().st_ino == m.inode)) best = &m;
    }
    if (!best) continue;
    size_t begin = text_.size();
    if (!text_.try_append(path) || !text_.try_append("\0"sv)) return Err{ENOMEM};
    best->path = begin;
  }
  return {};
}

// Where messages are now that others have renamed. Directories whose time has
// not changed since the last look are not read again, unless that look was so
// soon after the change that another one could bear the same time.
Result<> MessageList::look_again() {
  constexpr int64_t coarse = 2000000000;
  int64_t fresh = TRY(time_of("new"));
  int64_t current = TRY(time_of("cur"));
  int64_t now = now_microseconds() * 1000;
  if (fresh == new_time_ && current == cur_time_ && looked_at_ > std::max(fresh, current) + coarse) return {};
  TRY(make_index());
  TRY(find_in("new/"));
  TRY(find_in("cur/"));
  new_time_ = fresh;
  cur_time_ = current;
  looked_at_ = now;
  return {};
}

Result<Fd> MessageList::open(ListedMessage& m) {
  auto fd = open_read(path(m));
  if (fd.ok() || fd.error().code != ENOENT) return fd;
  TRY(look_again());
  return open_read(path(m));
}

Result<> MessageList::remove(ListedMessage& m) {
  auto done = remove_file(path(m));
  if (done.ok() || done.error().code != ENOENT) return done;
  TRY(look_again());
  return remove_file(path(m));
}

Result<> MessageList::move_to_cur(const ListedMessage& m) {
  Str from = path(m);
  if (from[0] != 'n') return {};
  Buf to;
  to.set("cur"sv, slice(from, 3), from.find(':') == Str::npos ? ":2,"sv : ""sv);
  // Nobody else makes a file of this name but for the same message, so that this
  // look and the rename need not be one step; and a rename has no moment with two names.
  if (stat_of(to.c_str()).ok()) return Err{EEXIST};
  return rename_over(path(m), to.c_str());
}
