// How long a client may take. Each wait for it has its limit; and all of them
// together have three times that until its next message is accepted, with a second
// back for every 100 bytes that come. So whoever sends a byte before each limit does
// not keep a process for ever, and a line of 1200 baud is quick enough.
#pragma once
#include <sys/types.h>

#include <cstdint>

#include "mail/queue_service.h"

class Patience {
 public:
  explicit Patience(int seconds) : each_(int64_t{seconds} * 1000), left_(most()) {}

  void renew() { left_ = most(); }  // a message was accepted
  void end() { each_ = 0; }         // from now on nothing is waited for

  int64_t milliseconds() const { return left_ < each_ ? left_ : each_; }  // of the next wait
  void waited(int64_t milliseconds);
  void received(size_t bytes);

 private:
  int64_t most() const { return 3 * each_; }

  int64_t each_, left_;
};

// Operations of a Reader and a Writer.
struct PatientReader {
  Patience* patience;
  QueueService* service;  // that need not be there while the client says nothing
};
ssize_t patient_read(int fd, char* space, size_t, const void* patient_reader);
ssize_t patient_write(int fd, const char* bytes, size_t, const void* patience);  // a Patience*
