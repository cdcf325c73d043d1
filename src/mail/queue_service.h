// A qmail-queue that stays for the next message of its caller, so that a client
// with many messages on one connection costs one exec (doc/internals.md, "One
// qmail-queue for a connection").
#pragma once
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/sys.h"

// At most one process, which lives no longer than this object and does nothing
// between messages. QueueClient uses it; its owner is a server of one connection.
class QueueService {
 public:
  static constexpr int offer_fd = 3;  // of the program

  QueueService() = default;
  QueueService(const QueueService&) = delete;
  QueueService& operator=(const QueueService&) = delete;
  ~QueueService() { end(); }

  bool idle() const { return pid_ && !busy_; }
  pid_t pid() const { return pid_; }
  void end();  // between messages, or when what was given of one is at its end

 private:
  friend class QueueClient;

  // The descriptor and arguments with which the program is asked to stay. An
  // Err: this system cannot offer it.
  struct Offer {
    Fd socket;
    Buf file_id;  // device:inode of the program
  };
  Result<Offer> make_offer(const char* file);
  void begin(pid_t);  // it runs, with the first message

  // Gives the next message's descriptors. False: there is no process to take them.
  bool hand(int message, int envelope);

  // Waits for what comes of the message: 0 when it is in the queue, else the
  // wait status of the process, which has ended then.
  Result<int> outcome();

  pid_t pid_ = 0;
  bool busy_ = false;  // with a message
  Fd socket_, process_;
};

// A ReadOp for the client's connection: timed_read, but a client who says
// nothing for a second costs no qmail-queue. context is a QueueWatch.
struct QueueWatch {
  int seconds;  // 0: any time
  QueueService* service;
};
ssize_t watched_read(int fd, char* space, size_t, const void* context);
