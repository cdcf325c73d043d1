// The connection to qmail-clean: requests go out without waiting, answers come
// back in their order.
#pragma once
#include "lib/buf.h"
#include "lib/sys.h"

class Cleaner {
 public:
  enum class Request : uint8_t {
    remove,           // the message
    remove_and_sync,  // so that no power cut brings it back
    put_aside,        // it is damaged
  };

  // Takes over both descriptors and waits until qmail-clean is ready.
  Result<> open(Fd requests, Fd answers);

  void request(Request, uint64_t id);
  size_t outstanding() const { return outstanding_; }
  bool lost() const { return lost_; }

  int requests() const { return requests_.get(); }
  int answers() const { return answers_.get(); }
  bool has_requests() const { return !pending_.empty(); }
  void send_requests();  // as many as the pipe takes

  // Reads what is there; next_answer then yields each whole one.
  void receive();
  struct Answer {
    uint64_t id;
    bool done;
  };
  std::optional<Answer> next_answer();

 private:
  Fd requests_, answers_;
  size_t outstanding_ = 0;
  bool lost_ = false;
  Buf pending_, received_;
};
