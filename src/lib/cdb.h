// A constant database, by tinycdb: the only place that includes <cdb.h>.
#pragma once
extern "C" {
#include <cdb.h>
}
#include "lib/buf.h"
#include "lib/sys.h"

class Cdb {
 public:
  // EPROTO: the file is no cdb.
  static Result<Cdb> open(const char* fn, int dir = AT_FDCWD);
  Cdb(Cdb&& other) noexcept : db_(other.db_), open_(std::exchange(other.open_, false)) {}
  Cdb& operator=(Cdb&&) = delete;
  ~Cdb() {
    if (open_) cdb_free(&db_);
  }

  // The data of the first record of key, valid as long as this Cdb; nothing
  // when there is none. EPROTO: the file is damaged.
  Result<std::optional<Str>> find(Str key);

 private:
  Cdb() = default;
  cdb db_{};
  bool open_ = false;
};

// Writes a new cdb beside the old one and puts it in its place in one step:
// readers see either, whole. Nothing is replaced before finish(); an abandoned
// maker removes tmp.
class CdbMaker {
 public:
  // tmp must be on the file system of the final name.
  static Result<CdbMaker> create(const char* tmp, mode_t = 0644);
  CdbMaker(CdbMaker&&) noexcept;
  CdbMaker& operator=(CdbMaker&&) = delete;
  ~CdbMaker();

  // Later records of a key stand behind earlier ones: find yields the first.
  Result<> add(Str key, Str data);

  Result<> write();                  // the tables, and waits until all of tmp is on the disk
  Result<> publish(const char* fn);  // after write: renames tmp to fn, for good

 private:
  CdbMaker() = default;
  cdb_make make_{};
  Fd fd_;
  Buf tmp_;
  bool making_ = false;
};
