// The queue of qmail 1.03, netqmail or notqmail, for reading: whatever its
// conf-split is, and todo and bounce flat or split. Which files a message has
// tells its state:
//
//   mess todo              accepted, not yet preprocessed; whatever else there is
//                          but the envelope in todo does not count
//   mess info [local] [remote] [bounce]   in delivery
//   mess alone             being written, or being removed: nobody's mail
#pragma once
#include <vector>

#include "lib/buf.h"
#include "lib/sys.h"

struct ForeignMessage {
  Fd body;  // the file in mess/
  struct stat body_status {};
  bool is_new = false;                    // its envelope is todo, else the others are
  Buf todo, info, local, remote, bounce;  // whole files; empty where there is none
  int64_t birth = 0;
  int64_t due = 0;  // next try, as far as the files tell
};

class ForeignQueue {
 public:
  // Locks the queue and lists it. EPROTO: that is no queue of qmail's;
  // EWOULDBLOCK: its qmail-send runs.
  static Result<ForeignQueue> open(const char* dir);

  const std::vector<uint64_t>& messages() const { return messages_; }  // accepted ones, by number
  uint64_t unfinished() const { return unfinished_; }                  // files in mess/ that are nobody's mail

  // An Err is that of the file whose name stands then in which. EBADMSG: it is no
  // regular file.
  Result<ForeignMessage> read(uint64_t number, Buf& which) const;

  // Unlinks all files of a message, in an order that never lets its qmail deliver
  // or bounce it anew, nor leaves it a bounce for the next message of the number.
  Result<> remove(uint64_t number, Buf& which) const;

 private:
  struct Place {
    uint64_t number;
    uint64_t split;
  };
  static constexpr uint64_t flat = UINT64_MAX;  // as a split: directly in the part's directory
  enum Part : uint8_t { mess, todo, intd, info, local, remote, bounce, parts };
  Result<> list(Part);
  bool find(Buf& name, Part, uint64_t number) const;  // name: relative to dir_
  Result<bool> read_part(Part, uint64_t number, Buf& content, struct stat&, Buf& which) const;

  Fd dir_, lock_;
  std::vector<Place> places_[parts];
  std::vector<uint64_t> messages_;
  uint64_t unfinished_ = 0;
};
