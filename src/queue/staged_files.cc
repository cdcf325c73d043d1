#include "queue/staged_files.h"

#include "lib/sys.h"

Result<bool> name_exists(const char* name) {
  struct stat st;
  if (lstat(name, &st) == 0) return true;
  if (errno == ENOENT) return false;
  return Err::last();
}

Result<> remove_if_there(const char* name) {
  if (unlink(name) == -1 && errno != ENOENT) return Err::last();
  return {};
}

static Result<bool> is_same(const char* a, const char* b) {
  struct stat first = TRY(stat_of(a)), second = TRY(stat_of(b));
  return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

Result<> link_over(const char* from, const char* to) {
  if (link(from, to) == 0) return {};
  if (errno != EEXIST) return Err::last();
  TRY(remove_file(to));
  return check(link(from, to));
}

Result<> link_new(const char* from, const char* to) {
  if (link(from, to) == 0) return {};
  if (errno != EEXIST) return Err::last();
  if (!TRY(is_same(from, to))) return Err{EEXIST};
  return {};
}

Result<> move_into_place(const char* from, const char* to) {
  auto moved = rename_new(from, to);
  if (moved.ok() || moved.error().code != EEXIST) return moved;
  if (!TRY(is_same(from, to))) return Err{EEXIST};
  return remove_file(from);
}
