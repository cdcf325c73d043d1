// Carrying out what qmail-qctl is told: through qmail-send, or, while none runs, in
// the state files, under the lock that it would hold.
#pragma once
#include "queue/control_client.h"
#include "queue/queue_entry.h"

// The recipients of a message that an order is for.
struct Chosen {
  bool all = false;  // every open one, and the message as such
  std::vector<uint32_t> numbers;
  uint64_t count = 0;
};
Result<Chosen> choose_recipients(const Choice&, const QueueEntry&, const Router&);

// True: it is done. False: refused, for the reason in why.
Result<bool> order_through(ControlClient&, Choice::Command, uint64_t id, const Chosen&, Buf& why);

// For who holds lock/sendmutex. Once this returns it survives a power cut.
Result<> order_in_file(Choice::Command, const QueueEntry&, const Chosen&);
