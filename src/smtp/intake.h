// A message on its way from the network into the queue.
#pragma once
#include "mail/queue_client.h"
#include "smtp/hops.h"

// Passes a message on as it comes, so that it is never held in memory, and looks
// for what speaks against it; then the queue is told to drop it.
class Intake {
 public:
  enum class Fault : uint8_t { none, too_many_hops, too_large, forbidden_byte };

  // databytes: the highest size, 0 for any.
  Intake(QueueClient& queue, uint64_t databytes) : queue_(queue), databytes_(databytes) {}

  void put(Str piece);  // more of the message, in lines that end with LF
  void forbid();        // it holds a byte that none may hold
  Fault fault() const;  // of several the first in the order above

 private:
  QueueClient& queue_;
  uint64_t databytes_;
  uint64_t size_ = 0;
  HopCounter hops_;
  bool forbidden_ = false, dropped_ = false;
};
