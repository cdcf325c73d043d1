#include "queue/lint.h"

#include <algorithm>

#include "lib/directory.h"
#include "mail/queue_files.h"
#include "queue/abandoned.h"

void Lint::found(Str name, Str what, Str done) {
  ++troubles_;
  if (!done.empty()) ++mended_;
  if (!trouble_writing_.ok()) return;
  trouble_writing_ = out_.put({"queue/", name, ": ", what, done.empty() ? ""sv : "; "sv, done, "\n"});
}

// ---- Owners, modes, places

// By a descriptor that stands for the very file that was looked at, whatever its
// type: no link that somebody puts in its place is followed.
bool Lint::mend_owner(const char* name, const Want& want) const {
  auto opened = owned(open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.ok()) return false;
  Fd fd = opened.take();
  auto st = stat_of(fd.get());
  if (!st.ok() || (st.take().st_mode & S_IFMT) != want.type) return false;
  gid_t group = want.our_group ? roles_.qmail : static_cast<gid_t>(-1);
  if (geteuid() == 0 && fchownat(fd.get(), "", want.owner, group, AT_EMPTY_PATH) == -1) return false;
  Buf self;
  self.set("/proc/self/fd/"sv, Num(static_cast<uint64_t>(fd.get())));
  return chmod(self.c_str(), want.mode) == 0;
}

// True: all is right, or right again.
bool Lint::check_owner(const char* name, const struct stat& st, const Want& want) {
  Buf what;
  if (st.st_uid != want.owner) what.add(" owner "sv, Num(st.st_uid), " instead of "sv, Num(want.owner));
  if (want.our_group && st.st_gid != roles_.qmail)
    what.add(what.empty() ? ""sv : ","sv, " group "sv, Num(st.st_gid), " instead of "sv, Num(roles_.qmail));
  if ((st.st_mode & 07777) != want.mode) {
    auto octal = [&](mode_t mode) {
      for (int shift = 9; shift >= 0; shift -= 3) what.push(static_cast<char>('0' + (mode >> shift & 7)));
    };
    what.add(what.empty() ? ""sv : ","sv, " mode "sv);
    octal(st.st_mode & 07777);
    what.append(" instead of ");
    octal(want.mode);
  }
  if (what.empty()) return true;
  bool mended = may(Mend::safe) && mend_owner(name, want);
  found(name, slice(what, 1), mended ? "mended"sv : ""sv);
  return mended;
}

void Lint::check_place(const char* name, const Want& want) {
  struct stat st;
  if (lstat(name, &st) == -1)
    return found(name, errno == ENOENT ? "does not exist: run qmail-mkqueue"sv : "cannot be looked at"sv);
  if ((st.st_mode & S_IFMT) != want.type) return found(name, "has the wrong type"sv);
  check_owner(name, st, want);
}

static mode_t type_of(QueuePlace::Kind kind) {
  switch (kind) {
    case QueuePlace::Kind::directory:
    case QueuePlace::Kind::split: return S_IFDIR;
    case QueuePlace::Kind::fifo: return S_IFIFO;
    default: return S_IFREG;
  }
}

static Str inside_queue(const QueuePlace& place) { return slice(place.name, "queue/"sv.size()); }

void Lint::check_places() {
  Buf name;
  for (const QueuePlace& place : queue_layout) {
    Want want = {type_of(place.kind), roles_.*place.owner, place.mode, true};
    Str inside = inside_queue(place);
    check_place(name.set(inside.empty() ? "."sv : inside).c_str(), want);
    if (place.kind != QueuePlace::Kind::split) continue;
    for (uint64_t s = 0; s < CONF_SPLIT; ++s) check_place(name.set(inside, "/"sv, Num(s)).c_str(), want);
  }
}

// ---- What lies where

static bool is_place(Str name) {
  for (const QueuePlace& place : queue_layout)
    if (inside_queue(place) == name) return true;
  return false;
}

// "import" is qmail-qimport's, and "lost+found" there when the queue is a file
// system of its own.
void Lint::in_root(const char* name, Str file) {
  if (!is_place(file) && file != "import" && file != "lost+found") found(name, "does not belong here");
}

void Lint::in_lock(const char* name, Str) {
  if (!is_place(name)) found(name, "does not belong here");
}

void Lint::check_abandoned(const char* name) {
  if (!is_abandoned(name)) return;
  bool removed = may(Mend::safe) && unlink(name) == 0;
  found(name, "was left behind unfinished", removed ? "removed"sv : ""sv);
}

void Lint::in_tmp(const char* name, Str file) {
  if (!scan_id(file)) return found(name, "does not belong here");
  check_abandoned(name);
}

// Files there have no name, or lose it at once.
void Lint::in_copy(const char* name, Str) { check_abandoned(name); }

void Lint::in_bad(const char* name, Str file) {
  auto id = scan_id(take_until(file, '.'));
  auto opened = id ? Message::open(name, *id) : Result<Message>(Err{EBADMSG});
  bool sound = false;
  if (opened.ok()) {
    Message m = opened.take();
    sound = m.check_envelope().ok() && m.check_body().ok();
  }
  if (!sound) return found(name, "was put aside");
  Buf to;
  set_message_name(to, *id);
  Buf what;
  found(name, what.set("was put aside but is sound: mv it to queue/"sv, to));
}

void Lint::in_import(const char* name, Str file) {
  if (file != "journal") found(name, "waits to be imported: run qmail-qimport again");
}

Result<> Lint::look_through(const char* dir, void (Lint::*each)(const char* name, Str file)) {
  auto opened = Directory::open(dir);
  if (!opened.ok() && opened.error().code == ENOENT) return {};  // that is told, if it ought to be there
  Directory entries = TRY(std::move(opened));
  Buf name;
  while (auto file = TRY(entries.next())) {
    if (dir == "."sv)
      name.set(*file);
    else
      name.set(Str(dir), "/"sv, *file);
    (this->*each)(name.c_str(), *file);
  }
  return trouble_writing_;
}

Result<> Lint::look(Buf& where) {
  where.set("queue"sv);
  check_places();
  // bad/ comes before mess/, from where files may be moved there.
  struct {
    const char* dir;
    void (Lint::*each)(const char*, Str);
  } constexpr dirs[] = {{".", &Lint::in_root},    {"lock", &Lint::in_lock}, {"tmp", &Lint::in_tmp},
                        {"copy", &Lint::in_copy}, {"bad", &Lint::in_bad},   {"import", &Lint::in_import}};
  for (const auto& d : dirs) {
    where.set("queue/"sv, Str(d.dir));
    TRY(look_through(d.dir, d.each));
  }
  Buf dir;
  for (split_ = 0; split_ < CONF_SPLIT; ++split_) {
    here_.clear();
    where.set("queue/mess/"sv, Num(split_));
    TRY(look_through(dir.set("mess/"sv, Num(split_)).c_str(), &Lint::in_mess));
    std::sort(here_.begin(), here_.end());
    where.set("queue/state/"sv, Num(split_));
    TRY(look_through(dir.set("state/"sv, Num(split_)).c_str(), &Lint::in_state));
  }
  check_orphans();
  return trouble_writing_;
}
