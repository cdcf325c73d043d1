#include "queue/abandoned.h"

#include "lib/sys.h"
#include "lib/time.h"

bool is_abandoned(const char* name) {
  auto fd = open_read(name);
  if (!fd.ok()) return false;
  Fd file = fd.take();
  auto st = stat_of(file.get());
  if (!st.ok() || now_seconds() - st.take().st_mtime < abandoned_after) return false;
  return lock_exclusive(file.get(), Lock::try_now).ok();
}
