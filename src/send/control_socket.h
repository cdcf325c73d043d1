// The socket through which qmail-qctl speaks to qmail-send. Nothing here waits: a
// client that is slow or idle is dropped, and only a few are served at once.
#pragma once
#include <poll.h>

#include "lib/sys.h"
#include "lib/time.h"
#include "send/control_request.h"

class ControlSocket {
 public:
  // Makes the socket anew. Only for who holds lock/sendmutex.
  Result<> open();

  // What to wait for, appended; then, of the same entries, what poll found. With
  // nobody connected it may wait as long as it likes, else receive must be called
  // within the seconds that patience says.
  void watch(std::vector<pollfd>&) const;
  void receive(std::span<const pollfd>);
  int64_t patience() const { return connections_.empty() ? INT64_MAX : 5; }

  // The next request that is there. A connection is asked for none before its last
  // one was answered.
  std::optional<ControlRequest> next_request();
  bool has_request() const;
  void answer(uint64_t connection, Str text);  // or for nobody, when it is gone

 private:
  static constexpr size_t most_connections = 8;
  struct Connection {
    Fd fd;
    uint64_t number = 0;
    uint32_t uid = 0;
    Deadline idle;        // when nothing is moved before
    bool asked = false;   // its request is being worked on
    bool broken = false;  // to be dropped
    Buf received, pending;
    bool may_read() const { return !asked && pending.empty(); }
    bool has_request() const { return may_read() && received.view().find('\0') != Str::npos; }
  };
  void accept();
  void exchange(Connection&, short events);
  Fd listener_;
  std::vector<Connection> connections_;
  uint64_t last_number_ = 0;
  size_t next_ = 0;  // whose turn it is
};
