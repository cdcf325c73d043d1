// A qmail-queue that takes messages one after the other, so that a client with
// many messages on one connection, or a server with many connections, costs no
// exec for each (doc/internals.md, "One qmail-queue for a connection" and
// "qmail-queued").
#pragma once
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/io.h"
#include "lib/sys.h"
#include "lib/time.h"

// Below the root: the socket (SOCK_SEQPACKET) at which qmail-queued waits. A
// caller sends a byte and two descriptors, of a message and its envelope, and
// gets a QueueAnswer; then the next.
inline constexpr const char queue_service_name[] = "run/qmail-queued";

// What became of a message: an exit code of qmail-queue(8), and the process.
struct QueueAnswer {
  uint8_t code;
  uint32_t pid;
};
Result<> send_answer(int socket, QueueAnswer);

// At most one connection or process, which lives no longer than this object and
// does nothing between messages. QueueClient uses it; its owner is a server of
// one connection.
class QueueService {
 public:
  static constexpr int offer_fd = 3;  // of the program

  // one: a program that qmail-queued does not run is not asked to stay.
  enum class Messages : uint8_t { one, many };
  explicit QueueService(Messages messages = Messages::many) : messages_(messages) {}
  QueueService(const QueueService&) = delete;
  QueueService& operator=(const QueueService&) = delete;
  ~QueueService() { end(); }

  // Does qmail-queued wait for callers? Who gives up what running qmail-queue needs relies on it.
  static bool is_there();

  bool idle() const { return socket_.is_open() && !busy_; }
  void rest(int fd);  // until that can be read, or for a second: then end()
  void end();         // between messages, or when what was given of one is at its end

  // Gives a message's descriptors to who took the last one, or to qmail-queued.
  // False: nobody is there to take them.
  bool hand(int message, int envelope);

  // Waits for what comes of the message: the exit code, or nothing when the
  // program crashed. An error or crash is the end of the program.
  Result<std::optional<int>> outcome();

  pid_t pid() const { return pid_; }  // of the program; with qmail-queued, of who took the last message

 private:
  friend class QueueClient;

  // The descriptor and arguments with which the program is asked to stay. An
  // Err: this system cannot offer it.
  struct Offer {
    Fd socket;
    Buf file_id;  // device:inode of the program
  };
  bool may_stay() const { return messages_ == Messages::many; }
  Result<Offer> make_offer(const char* file);
  void begin(pid_t);  // it runs, with the first message

  bool connect_to_service();
  bool give(int message, int envelope);

  Messages messages_;
  pid_t pid_ = 0;
  bool is_child_ = false;  // to be waited for
  bool busy_ = false;      // with a message
  Fd socket_, process_;
};

// A ReadOp for the client's connection: read_until, but a client who says nothing
// for a second costs no qmail-queue. context is a QueueWatch.
struct QueueWatch {
  QueueService* service;
  Deadline limit;
};
ssize_t watched_read(int fd, char* space, size_t, const void* context);
