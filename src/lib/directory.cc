#include "lib/directory.h"

Result<Directory> Directory::open(const char* dir) {
  DIR* opened = opendir(dir);
  if (!opened) return Err::last();
  return Directory(opened);
}

Result<std::optional<Str>> Directory::next() {
  for (;;) {
    errno = 0;
    const dirent* d = readdir(dir_);
    if (!d && errno) return Err::last();
    if (!d) return std::optional<Str>();
    Str name = d->d_name;
    if (name != "." && name != "..") return std::optional(name);
  }
}
