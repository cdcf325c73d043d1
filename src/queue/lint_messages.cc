// The part of Lint that looks at messages and their states.
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>

#include "mail/queue_files.h"
#include "mail/state.h"
#include "queue/lint.h"
#include "queue/put_aside.h"

static Result<Fd> open_as_it_is(const char* name) {
  return owned(open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
}

static bool exists(const char* name) {
  struct stat st;
  return lstat(name, &st) == 0 || errno != ENOENT;
}

static bool is_still(const char* name, const struct stat& before) {
  struct stat st;
  return lstat(name, &st) == 0 && st.st_dev == before.st_dev && st.st_ino == before.st_ino;
}

// ---- Messages

void Lint::in_mess(const char* name, Str file) {
  auto id = scan_id(file);
  if (!id) return found(name, "does not belong here");
  if (split_of(*id) != split_) {
    Buf right;
    set_message_name(right, *id);
    bool moved = may(Mend::all) && rename_new(name, right.c_str()).ok();
    Buf what, done;
    what.set("belongs in queue/mess/"sv, Num(split_of(*id)));
    if (moved) done.set("moved there"sv);
    found(name, what, done);
    if (moved && split_of(*id) < split_) return count(check_message(right.c_str(), *id));
    if (!moved) count(Verdict::trouble);
    return;  // else it will be come to
  }
  here_.push_back(*id);
  count(check_message(name, *id));
}

void Lint::count(Verdict v) {
  messages_ += v != Verdict::gone;
  sound_ += v == Verdict::sound;
}

Lint::Verdict Lint::check_message(const char* name, uint64_t id) {
  auto fd = open_as_it_is(name);
  auto opened = fd.ok() ? Message::take(fd.take(), id) : Result<Message>(fd.error());
  if (!opened.ok()) {
    if (!exists(name)) return Verdict::gone;
    switch (opened.error().code) {
      case EBADMSG: damaged(name, id, "is damaged at its end"); break;
      case EINVAL:
      case ELOOP: found(name, "is no regular file"); break;
      default: found(name, error_text(opened.error()));
    }
    return Verdict::trouble;
  }
  Message m = opened.take();
  auto envelope = m.check_envelope(), body = m.check_body();
  if (!envelope.ok() || !body.ok()) {
    if (!is_still(name, m.status())) return Verdict::gone;
    Err error = envelope.ok() ? body.error() : envelope.error();
    if (error.code == EBADMSG)
      damaged(name, id, envelope.ok() ? "has a damaged body" : "has a damaged envelope");
    else
      found(name, error_text(error));
    return Verdict::trouble;
  }
  bool is_right = check_owner(name, m.status(), {S_IFREG, roles_.qmailq, 0644, false});
  return check_state(id, m.trailer()) && is_right ? Verdict::sound : Verdict::trouble;
}

// With its marks, so that it can be mended and put back.
void Lint::damaged(const char* name, uint64_t id, Str what) {
  Buf to, done, state, state_to;
  if (may(Mend::all) && put_aside(name, id, {}, to).ok()) {
    done.set("moved to queue/"sv, to);
    set_state_name(state, id);
    put_aside(state.c_str(), id, ".state", state_to).ok();
  }
  found(name, what, done);
  mended_ -= !done.empty();  // it is out of the way, and not well
}

// ---- States

namespace {
struct StateLook {
  bool is_ours = false, is_whole = false, counts_too_far = false;
  uint64_t good = 0;
};
}  // namespace

static Result<StateLook> read_state(int fd, const Trailer& t) {
  StateLook look;
  StateReader reader;
  look.is_ours = TRY(reader.open(fd, t));
  if (!look.is_ours) {
    look.is_whole = TRY(stat_of(fd)).st_size == 0;  // made, and nothing written yet
    return look;
  }
  while (auto record = TRY(reader.next())) {
    using Kind = StateRecord::Kind;
    bool names_one = record->kind == Kind::done || record->kind == Kind::failed || record->kind == Kind::deferred;
    if (names_one && record->number >= t.recipients) look.counts_too_far = true;
  }
  look.good = reader.good_size();
  look.is_whole = static_cast<uint64_t>(TRY(stat_of(fd)).st_size) == look.good;
  return look;
}

// On a live queue a record may be on its way: look again.
static Result<StateLook> read_state_at_rest(int fd, const Trailer& t, bool is_live) {
  for (int tries = is_live ? 20 : 1;; usleep(20000)) {
    StateLook look = TRY(read_state(fd, t));
    if (look.is_whole || --tries == 0) return look;
    if (TRY(stat_of(fd)).st_nlink == 0) return StateLook{true, true};
  }
}

// Its mtime is the next try, and stays.
static bool cut(const char* name, uint64_t size, const struct stat& st) {
  auto opened = owned(open(name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.ok()) return false;
  Fd fd = opened.take();
  if (ftruncate(fd.get(), static_cast<off_t>(size)) == -1) return false;
  timespec times[2] = {st.st_atim, st.st_mtim};
  return futimens(fd.get(), times) == 0;
}

// True: all is right, or right again.
bool Lint::check_state(uint64_t id, const Trailer& t) {
  Buf name, to, done;
  set_state_name(name, id);
  auto opened = open_as_it_is(name.c_str());
  if (!opened.ok() && opened.error().code == ENOENT) return true;
  if (!opened.ok()) {
    found(name, opened.error().code == ELOOP ? "is no regular file"sv : error_text(opened.error()));
    return false;
  }
  Fd fd = opened.take();
  auto looked = read_state_at_rest(fd.get(), t, is_live_);
  auto status = stat_of(fd.get());
  if (!looked.ok() || !status.ok()) {
    found(name, error_text(looked.ok() ? status.error() : looked.error()));
    return false;
  }
  StateLook look = looked.take();
  struct stat st = status.take();
  if (!look.is_whole) {
    bool mended = false;
    if (!look.is_ours && may(Mend::all) && put_aside(name.c_str(), id, ".state", to).ok()) {
      done.set("moved to queue/"sv, to);
      mended = true;
    } else if (look.is_ours && may(Mend::all) && cut(name.c_str(), look.good, st)) {
      done.set("cut off"sv);
      mended = true;
    }
    found(name, look.is_ours ? "has a torn record at its end" : "is not of this message", done);
    if (!mended || !look.is_ours) return mended;
  }
  if (look.counts_too_far) {
    found(name, "has records of recipients that the message does not have");
    return false;
  }
  return check_owner(name.c_str(), st, {S_IFREG, roles_.qmails, 0600, false});
}

// ID.new is a state file that qmail-send has made smaller, and is gone in a moment.
void Lint::in_state(const char* name, Str file) {
  if (file.ends_with(".new")) {
    if (is_live_) return;
    bool removed = may(Mend::safe) && unlink(name) == 0;
    return found(name, "was left behind unfinished", removed ? "removed"sv : ""sv);
  }
  auto id = scan_id(file);
  if (!id || split_of(*id) != split_) return found(name, "does not belong here");
  if (!std::binary_search(here_.begin(), here_.end(), *id)) orphans_.push_back(*id);
}

// Marks of a message that ended. In bad/ there may be one that was not to end.
void Lint::orphan(const char* name, uint64_t id) {
  Buf bad, to, done;
  bad.set("bad/"sv, Num(id));
  if (may(Mend::all)) {
    if (exists(bad.c_str())) {
      if (put_aside(name, id, ".state", to).ok()) done.set("moved to queue/"sv, to);
    } else if (unlink(name) == 0) {
      done.set("removed"sv);
    }
  }
  found(name, "has no message", done);
}

// On a live queue a message goes shortly before its state does, and one may have
// come: only what stays like that is trouble.
void Lint::check_orphans() {
  Buf message, state;
  auto is_settled = [&](uint64_t id) {
    set_state_name(state, id);
    if (!exists(state.c_str())) return true;
    set_message_name(message, id);
    return exists(message.c_str());
  };
  for (int tries = is_live_ ? 50 : 1; tries && !orphans_.empty(); --tries) {
    if (is_live_) usleep(100000);
    std::erase_if(orphans_, is_settled);
  }
  for (uint64_t id : orphans_) {
    set_state_name(state, id);
    orphan(state.c_str(), id);
  }
}
