#include "admin/old_queue.h"

#include "lib/buf.h"
#include "lib/directory.h"
#include "lib/sys.h"

static Result<bool> exists(const char* fn) {
  auto st = stat_of(fn);
  if (st.ok()) return true;
  if (st.error().code == ENOENT) return false;
  return st.error();
}

// Is there anything but directories in dir, or in its directories, that many levels down?
static Result<bool> holds_files(const char* dir, int levels) {
  Directory entries = TRY(Directory::open(dir));
  Buf fn;
  while (auto name = TRY(entries.next())) {
    fn.set(Str(dir), "/"sv, *name);
    struct stat st = TRY(stat_of(fn.c_str()));
    if (!S_ISDIR(st.st_mode)) return true;
    if (levels > 0 && TRY(holds_files(fn.c_str(), levels - 1))) return true;
  }
  return false;
}

static Result<bool> is_locked(const char* fn) {
  auto fd = open_write(fn);
  if (!fd.ok()) {
    if (fd.error().code == ENOENT) return false;
    return fd.error();
  }
  auto locked = lock_exclusive(fd.take().get(), Lock::try_now);
  if (locked.ok()) return false;
  if (locked.error().code == EWOULDBLOCK) return true;
  return locked.error();
}

Result<OldQueue> find_old_queue() {
  if (!TRY(exists("queue/mess")) || !TRY(exists("queue/todo")) || TRY(exists("queue/format"))) return OldQueue::none;
  if (TRY(is_locked("queue/lock/sendmutex"))) return OldQueue::busy;
  for (const char* dir : {"queue/mess", "queue/todo"})
    if (TRY(holds_files(dir, 1))) return OldQueue::waits;
  return OldQueue::empty;
}
