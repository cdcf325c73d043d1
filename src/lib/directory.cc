#include "lib/directory.h"

#include "lib/sys.h"

Result<Directory> Directory::open(const char* name, int dir) {
  Fd fd = TRY(open_directory(name, dir));
  DIR* opened = fdopendir(fd.get());
  if (!opened) return Err::last();
  fd.release();
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
