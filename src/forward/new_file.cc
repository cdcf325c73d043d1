#include "forward/new_file.h"

#include "lib/replace.h"

Result<NewFile> NewFile::create(const char* tmp, mode_t mode) {
  NewFile f;
  f.fd_ = TRY(open_truncate(tmp, mode));
  f.tmp_.set(Str(tmp));
  return f;
}

NewFile::~NewFile() {
  if (!tmp_.empty()) unlink(tmp_.c_str());
}

Result<> NewFile::write(Str content) {
  TRY(write_all(fd_.get(), content));
  return sync_file(fd_.get());
}

Result<> NewFile::publish(const char* fn) {
  TRY(rename_over(tmp_.c_str(), fn));
  tmp_.clear();
  return sync_directory_of(fn);
}
