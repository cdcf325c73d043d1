#include "mail/maildir_tmp.h"

#include "lib/buf.h"
#include "lib/directory.h"
#include "lib/sys.h"

void sweep_maildir_tmp(int64_t now) {
  constexpr int64_t unused = 129600;
  auto opened = Directory::open("tmp");
  if (!opened.ok()) return;
  Directory names = opened.take();
  Buf path;
  for (;;) {
    auto next = names.next();
    if (!next.ok()) return;
    auto name = next.take();
    if (!name) return;
    if (name->starts_with('.')) continue;
    path.set("tmp/"sv, *name);
    auto st = stat_of(path.c_str());
    if (st.ok() && st.take().st_atime < now - unused) (void)remove_file(path.c_str());
  }
}
