// The processes of a tcpserver: each serves a connection, or waits for the next
// one of its client (-k). What becomes of them is said on descriptor 2.
#pragma once
#include "tcp/connection.h"

class Children {
 public:
  // limit: how many may serve. keep_seconds: how long they may be kept;
  // 0: not at all.
  Children(uint64_t limit, unsigned keep_seconds, Say);
  Result<> open();

  bool full() const { return serving_.size() >= limit_; }
  uint64_t of_client(const Ip&) const;  // that serve it

  // One more serves the client; who, is to be put there, valid until the next
  // change. Then there may be too many processes: make_room() ends one that waits.
  Owned<Worker>& add(const Ip& client);
  void remove_last();
  void make_room();
  Waiting* waiting() { return keep_ ? &waiting_ : nullptr; }

  void reap();

  // Those who wait: fd() can be read when one of them begins or ends, and in so many
  // milliseconds (-1: never) the time of one is over. Then attend().
  int fd() const { return keep_ ? waiting_.sockets.fd() : -1; }
  int milliseconds() const { return waiting_.idle.milliseconds(); }
  void attend();

  void say_status() const;

 private:
  struct Child {
    Ip client;
    Owned<Worker> worker;
  };
  Child* find(const void* worker);
  void end(Child&, int status);

  uint64_t limit_;
  bool keep_;
  Say say_;
  std::vector<Child> serving_;
  Waiting waiting_;
};
