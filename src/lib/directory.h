// The names in a directory.
#pragma once
#include <dirent.h>
#include <fcntl.h>

#include "lib/err.h"

class Directory {
 public:
  static Result<Directory> open(const char* name, int dir = AT_FDCWD);
  Directory(Directory&& other) noexcept : dir_(std::exchange(other.dir_, nullptr)) {}
  Directory& operator=(Directory&&) = delete;
  ~Directory() {
    if (dir_) closedir(dir_);
  }

  // The next name but "." and "..", valid until the next call; nothing at the end.
  Result<std::optional<Str>> next();

 private:
  explicit Directory(DIR* dir) : dir_(dir) {}
  DIR* dir_;
};
