#include "queue/foreign_layout.h"

#include "lib/directory.h"
#include "lib/io.h"
#include "lib/sys.h"

namespace {
struct ForeignPlace {
  enum class Kind : uint8_t { directory, split, file, table, fifo };
  const char* name;
  Kind kind;
  uid_t Roles::*owner;
  mode_t mode;
};
using Kind = ForeignPlace::Kind;
}  // namespace

// The FIFO comes last: it says that all the rest is there.
static constexpr ForeignPlace places[] = {
    {".", Kind::directory, &Roles::qmailq, 0750},      {"export", Kind::directory, &Roles::root, 0700},  // ours
    {"pid", Kind::directory, &Roles::qmailq, 0700},    {"intd", Kind::directory, &Roles::qmailq, 0700},
    {"todo", Kind::directory, &Roles::qmailq, 0750},   {"bounce", Kind::directory, &Roles::qmails, 0700},
    {"mess", Kind::split, &Roles::qmailq, 0750},       {"info", Kind::split, &Roles::qmails, 0700},
    {"local", Kind::split, &Roles::qmails, 0700},      {"remote", Kind::split, &Roles::qmails, 0700},
    {"lock", Kind::directory, &Roles::qmailq, 0750},   {"lock/sendmutex", Kind::file, &Roles::qmails, 0600},
    {"lock/tcpto", Kind::table, &Roles::qmailr, 0644}, {"lock/trigger", Kind::fifo, &Roles::qmails, 0622},
};
static constexpr uint64_t default_split = 23;

static Result<> settle(const char* name, uid_t owner, gid_t group, mode_t mode) {
  if (geteuid() == 0) TRY(check(chown(name, owner, group)));
  return check(chmod(name, mode));
}

static Result<> make_directory(const char* name) {
  auto made = make_dir(name, 0700);
  if (!made.ok() && made.error().code != EEXIST) return made;
  struct stat st = TRY(stat_of(name));
  if (!S_ISDIR(st.st_mode)) return Err{EPROTO};
  return {};
}

static Result<> make_file(const ForeignPlace& place) {
  if (place.kind == Kind::fifo) return check(mkfifo(place.name, 0600));
  Fd fd = TRY(open_truncate(place.name, 0600));
  static constexpr char table[1024] = {};
  if (place.kind == Kind::table) return write_all(fd.get(), Str(table, sizeof table));
  return {};
}

static Result<> make(const ForeignPlace& place, uint64_t split, const Roles& roles) {
  uid_t owner = roles.*place.owner;
  bool is_directory = place.kind == Kind::directory || place.kind == Kind::split;
  TRY(is_directory ? make_directory(place.name) : make_file(place));
  if (place.kind == Kind::split) {
    Buf name;
    for (uint64_t s = 0; s < split; ++s) {
      name.set(Str(place.name), "/"sv, Num(s));
      TRY(make_directory(name.c_str()));
      TRY(settle(name.c_str(), owner, roles.qmail, place.mode));
    }
    TRY(sync_directory(place.name));
  }
  return settle(place.name, owner, roles.qmail, place.mode);
}

// How many directories, numbered from 0, there are in mess.
static Result<uint64_t> count_splits() {
  Buf name;
  for (uint64_t s = 0;; ++s) {
    name.set("mess/"sv, Num(s));
    auto st = stat_of(name.c_str());
    if (!st.ok() && st.error().code == ENOENT) return s;
    if (!S_ISDIR(TRY(st).st_mode)) return Err{EPROTO};
  }
}

static bool is_known(Str name) {
  for (const ForeignPlace& place : places)
    if (name == place.name) return true;
  return false;
}

// Nothing but what an interrupted run has made so far?
static Result<bool> is_ours_or_empty() {
  Directory dir = TRY(Directory::open("."));
  bool empty = true, ours = false;
  while (auto name = TRY(dir.next())) {
    if (!is_known(*name)) return false;
    empty = false;
    ours = ours || *name == "export";
  }
  return empty || ours;
}

Result<uint64_t> make_foreign_layout(std::optional<uint64_t> split, const Roles& roles) {
  auto complete = stat_of("lock/trigger");
  if (complete.ok()) {
    uint64_t there = TRY(count_splits());
    if (there == 0) return Err{EPROTO};
    if (split && *split != there) return Err{EINVAL};
    TRY(make(places[1], there, roles));
    return there;
  }
  if (complete.error().code != ENOENT) return complete.error();
  if (!TRY(is_ours_or_empty())) return Err{EPROTO};
  uint64_t wanted = split.value_or(default_split);
  auto begun = count_splits();
  if (begun.ok() && begun.take() > wanted) return Err{EINVAL};
  // export/ is made first: it tells this place from one that somebody else began.
  TRY(make(places[1], wanted, roles));
  for (const ForeignPlace& place : places) TRY(make(place, wanted, roles));
  TRY(sync_directory("lock"));
  TRY(sync_directory("."));
  return wanted;
}
