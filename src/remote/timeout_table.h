// queue/lock/tcpto: addresses that did not answer lately, shared by all
// qmail-remote processes (doc/man/qmail-remote.8). A head, then records of fixed
// size: family, count of timeouts (0: unused), time of the last one, address.
//
// There is no lock: a record is written at once, and if two processes choose the
// same free place, one timeout is forgotten.
#pragma once
#include <array>

#include "lib/err.h"
#include "lib/ip.h"

class TimeoutTable {
 public:
  static constexpr size_t records = 256, most_timeouts = 10;
  struct Record {
    Ip ip;
    uint8_t count = 0;
    int64_t when = 0;  // Unix time
  };

  // Makes an empty table of the file.
  static Result<> create(int fd);

  // EPROTO: the file is no such table, and must not be written to.
  static Result<TimeoutTable> read(int fd);

  // Shall a connection not be tried? After two timeouts, for about an hour:
  // spread, 0 to 31, makes it up to half an hour more, so that not all try again
  // at the same moment.
  bool holds_back(const Ip&, int64_t now, uint32_t spread) const;

  // What became of a connection; the record that changed, for write().
  std::optional<size_t> note_timeout(const Ip&, int64_t now);
  std::optional<size_t> note_answer(const Ip&);

  Result<> write(int fd, size_t record) const;
  const std::array<Record, records>& all() const { return all_; }

 private:
  std::optional<size_t> find(const Ip&) const;
  std::array<Record, records> all_{};
};
