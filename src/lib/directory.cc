#include "lib/directory.h"

#include <stddef.h>
#include <sys/syscall.h>

// struct linux_dirent64 of getdents64(2), which no header of a C library has.
namespace {
struct Entry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};
}  // namespace

Result<Directory> Directory::open(const char* name, int dir) { return Directory(TRY(open_directory(name, dir))); }

Result<std::optional<Str>> Directory::next() {
  for (;;) {
    if (at_ == end_) {
      auto n = syscall(SYS_getdents64, fd_.get(), space_, sizeof space_);
      if (n == -1 && errno == EINTR) continue;
      // What was removed while it was read has come to its end.
      if (n == 0 || (n == -1 && errno == ENOENT)) return std::optional<Str>();
      if (n == -1) return Err::last();
      at_ = 0;
      end_ = static_cast<size_t>(n);
    }
    auto* entry = reinterpret_cast<const Entry*>(space_ + at_);
    at_ += entry->size;
    Str name = entry->name;
    if (name != "." && name != "..") return std::optional(name);
  }
}
