#include "lib/cdb.h"

#include <limits.h>

#include "lib/bytes.h"
#include "lib/replace.h"

// tinycdb says EPROTO of a damaged file already; whatever else it leaves is passed on.
static Err cdb_error() { return Err{errno ? errno : EPROTO}; }

Result<Cdb> Cdb::open(const char* fn, int dir) {
  Fd fd = TRY(open_read(fn, dir));
  Cdb db;
  errno = 0;
  if (cdb_init(&db.db_, fd.get()) < 0) return cdb_error();  // maps the file: fd may go
  db.open_ = true;
  // The first table stands behind the 256 positions and all records. A file of
  // zeros, as a crash can leave it, has it nowhere, and is no empty database.
  constexpr uint32_t positions_size = 2048;
  auto* positions = static_cast<const char*>(cdb_get(&db.db_, 4, 0));
  if (!positions || read_le<uint32_t>({positions, 4}) < positions_size) return Err{EPROTO};
  return db;
}

Result<std::optional<Str>> Cdb::find(Str key) {
  if (key.size() > UINT_MAX) return std::optional<Str>();
  errno = 0;
  int r = cdb_find(&db_, key.data(), static_cast<unsigned>(key.size()));
  if (r < 0) return cdb_error();
  if (r == 0) return std::optional<Str>();
  auto* data = static_cast<const char*>(cdb_get(&db_, cdb_datalen(&db_), cdb_datapos(&db_)));
  if (!data) return cdb_error();
  return std::optional(Str(data, cdb_datalen(&db_)));
}

Result<CdbMaker> CdbMaker::create(const char* tmp, mode_t mode) {
  CdbMaker m;
  int fd = ::open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd == -1) return Err::last();
  m.fd_ = Fd(fd);
  m.tmp_.set(Str(tmp));
  errno = 0;
  if (cdb_make_start(&m.make_, fd) < 0) return cdb_error();
  m.making_ = true;
  return m;
}

CdbMaker::CdbMaker(CdbMaker&& other) noexcept
    : make_(other.make_),
      fd_(std::move(other.fd_)),
      tmp_(std::move(other.tmp_)),
      making_(std::exchange(other.making_, false)) {
  make_.cdb_bpos = make_.cdb_buf + (other.make_.cdb_bpos - other.make_.cdb_buf);  // points into itself
}

CdbMaker::~CdbMaker() {
  if (making_) cdb_make_finish(&make_);  // frees its memory
  if (!tmp_.empty()) unlink(tmp_.c_str());
}

Result<> CdbMaker::add(Str key, Str data) {
  if (key.size() > UINT_MAX || data.size() > UINT_MAX) return Err{EFBIG};
  errno = 0;
  if (cdb_make_add(&make_, key.data(), static_cast<unsigned>(key.size()), data.data(),
                   static_cast<unsigned>(data.size())) < 0)
    return cdb_error();
  return {};
}

Result<> CdbMaker::write() {
  errno = 0;
  making_ = false;
  if (cdb_make_finish(&make_) < 0) return cdb_error();
  return sync_file(fd_.get());
}

Result<> CdbMaker::publish(const char* fn) {
  TRY(rename_over(tmp_.c_str(), fn));
  tmp_.clear();
  return sync_directory_of(fn);
}
