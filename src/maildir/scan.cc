#include "maildir/scan.h"

#include <algorithm>

#include "lib/directory.h"
#include "lib/sys.h"

Result<> scan_maildir(std::vector<MaildirFile>& found, Str folder, int64_t before) {
  Buf name;
  name.set(folder);
  Directory dir = TRY(Directory::open(name.c_str()));
  while (auto entry = TRY(dir.next())) {
    if (entry->starts_with('.')) continue;
    name.set(folder, "/"sv, *entry);
    auto status = stat_of(name.c_str());
    if (!status.ok() && status.error().code == ENOENT) continue;
    struct stat st = TRY(status);
    if (!S_ISREG(st.st_mode) || st.st_mtim.tv_sec >= before) continue;
    found.push_back({std::move(name), st.st_mtim.tv_sec, st.st_mtim.tv_nsec});
    name = {};
  }
  return {};
}

void sort_oldest_first(std::vector<MaildirFile>& files) {
  std::sort(files.begin(), files.end(), [](const MaildirFile& a, const MaildirFile& b) {
    if (a.seconds != b.seconds) return a.seconds < b.seconds;
    if (a.nanoseconds != b.nanoseconds) return a.nanoseconds < b.nanoseconds;
    return slice(a.name, 4) < slice(b.name, 4);
  });
}
