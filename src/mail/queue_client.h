// The client of qmail-queue, in every program that puts a message into the queue.
#pragma once
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/io.h"
#include "lib/sys.h"
#include "mail/queue_service.h"

// Can bounces be put into the queue from within a jail? Not by a set-uid
// qmail-queue, which would not become qmailq in there, nor by another program.
bool queues_from_a_jail();

// One message on its way into the queue: open, put..., from, to..., close. Runs
// bin/qmail-queue, or $QMAILQUEUE, in the instance's root. After an error of
// its own or fail(), the envelope is not ended, so that nothing is queued.
class QueueClient {
 public:
  QueueClient& operator=(QueueClient&&) = delete;  // it stays where it is: out_ points into it

  // Starts the program; the working directory may be any, SIGPIPE must be
  // ignored. An Err: there is no process or no memory to be had now. A program
  // that cannot be run at all is what close() reports. Without $QMAILQUEUE the
  // message goes to qmail-queued if it is there; if not, and with a service,
  // bin/qmail-queue is asked to stay for the next one.
  Result<> open(QueueService* service = nullptr);

  pid_t pid() const { return pid_; }  // the "qp" of replies and logs, known after close()

  void put(Str);                   // more of the message
  void from(Str sender);           // ends the message
  void to(Str recipient);          // after from
  void fail() { failed_ = true; }  // have the queue drop it

  // Ends the envelope and waits; to be called once. Empty: the message is in the queue, for good.
  // Else why it is not: D (permanent) or Z (temporary) and a text, valid as
  // long as this object.
  Str close();

 private:
  void write_record(char kind, Str);

  Result<> start(const Pipe& message, const Pipe& envelope);
  Result<std::optional<int>> outcome();

  QueueService own_{QueueService::Messages::one};
  QueueService* service_ = nullptr;
  bool runs_ = false;  // somebody takes the message
  pid_t pid_ = 0;
  int exit_ = 0;  // what close() reports when nobody does
  Fd message_, envelope_, error_;
  bool failed_ = false;
  char space_[8192];
  Writer out_{-1, space_};
  Buf text_;
};
