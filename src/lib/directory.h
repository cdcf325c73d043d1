// The names in a directory.
#pragma once
#include "lib/sys.h"

// Reads with the kernel's own call into a space of its own, so that a program
// that reads directories needs no further memory for it.
class Directory {
 public:
  static Result<Directory> open(const char* name, int dir = AT_FDCWD);
  // cppcheck-suppress uninitMemberVar ; what is read of it was written
  Directory(Directory&& other) noexcept : fd_(std::move(other.fd_)) {}  // before the first next()
  Directory& operator=(Directory&&) = delete;

  // The next name but "." and "..", valid until the next call; nothing at the end.
  Result<std::optional<Str>> next();

 private:
  // cppcheck-suppress uninitMemberVarPrivate ; likewise
  explicit Directory(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  size_t at_ = 0, end_ = 0;
  alignas(8) char space_[8192];
};
