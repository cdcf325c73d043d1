// The bodies that a spawner's running deliveries read: small ones are copied to
// memory, once for all deliveries of a message.
#pragma once
#include <vector>

#include "lib/owned.h"
#include "mail/body_copy.h"

class SharedBodies {
 public:
  struct Body {
    struct stat of;  // the message's file
    uint64_t size;
    Fd fd;
    size_t users = 0;
  };

  // Is it one that should be in memory, and is there room for it?
  bool takes(const Message&) const;

  // The copy that is there, or a new one; either way release must follow. EBADMSG:
  // the body is damaged.
  Result<Body*> use(const Message&);
  void release(Body*);  // null: does nothing

 private:
  std::vector<Owned<Body>> bodies_;
  uint64_t memory_ = 0;  // of all
};
