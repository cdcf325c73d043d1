// A file made beside the old one, which it replaces in one step when it is done.
// An abandoned one is taken away.
#pragma once
#include "lib/buf.h"
#include "lib/io.h"
#include "lib/sys.h"

class NewFile {
 public:
  // tmp must be on the file system of the final name.
  static Result<NewFile> create(const char* tmp, mode_t = 0644);
  NewFile(NewFile&& other) noexcept : fd_(std::move(other.fd_)), tmp_(std::move(other.tmp_)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  Result<> write(Str content);       // all of it, and waits until it is on the disk
  Result<> publish(const char* fn);  // renames it to fn, for good

 private:
  NewFile() = default;
  Fd fd_;
  Buf tmp_;
};
