#include "lib/replace.h"

#include "lib/buf.h"
#include "lib/io.h"

static Result<> fill(const char* fn, Str content, mode_t mode, const Owner* owner) {
  Fd fd = TRY(open_exclusive(fn, 0600));
  TRY(write_all(fd.get(), content));
  // The owner first: a change of owner takes the set-id bits away.
  if (owner) TRY(check(fchown(fd.get(), owner->uid, owner->gid)));
  TRY(check(fchmod(fd.get(), mode)));
  return sync_file(fd.get());
}

Result<> replace_file(const char* fn, Str content, mode_t mode, const Owner* owner) {
  Buf fresh;
  fresh.set(Str(fn), ".new"sv);
  auto removed = remove_file(fresh.c_str());
  if (!removed.ok() && removed.error().code != ENOENT) return removed;
  auto done = fill(fresh.c_str(), content, mode, owner);
  if (done.ok()) done = rename_over(fresh.c_str(), fn);
  if (!done.ok()) {
    (void)unlink(fresh.c_str());
    return done;
  }
  return sync_directory_of(fn);
}

Result<> sync_directory_of(const char* fn) {
  size_t slash = Str(fn).rfind('/');
  if (slash == Str::npos) return sync_directory(".");
  Buf dir;
  dir.set(slice(fn, 0, slash ? slash : 1));
  return sync_directory(dir.c_str());
}
