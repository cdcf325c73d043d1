// How qmail-send learns of new messages: hints through lock/trigger, and looks
// through mess/ when hints may have been missed.
#pragma once
#include <vector>

#include "lib/buf.h"
#include "lib/sys.h"

// The FIFO that qmail-queue writes each new ID into. Anybody may write there, so
// a hint is only a reason to look for one message, never a fact.
class Trigger {
 public:
  // Keeps a write end of its own open: a FIFO without a writer is always readable.
  Result<> open();
  int fd() const { return fd_.get(); }

  enum class Verdict : uint8_t {
    complete,  // every hint that was written has been read
    look,      // some may be missing, or something else was in it
  };
  // Reads what is there and appends the IDs.
  Verdict receive(std::vector<uint64_t>& ids);

 private:
  Fd fd_;
  Buf partial_;
};

// A look through mess/, one of its directories at a time.
class Look {
 public:
  // One that is under way is finished first: else reasons that keep coming would
  // keep it at the beginning.
  void start() { (under_way() ? again_ : next_) = 0; }
  bool under_way() const;
  uint64_t position() const { return next_; }  // the directory that step reads next

  // Appends the IDs of the next directory. An error leaves it for the next look.
  Result<> step(std::vector<uint64_t>& ids);

 private:
  uint64_t next_ = UINT64_MAX, again_ = UINT64_MAX;
};
