// Every message qmail-send knows, found by ID.
#pragma once
#include <vector>

#include "send/schedule.h"

class MessageTable {
 public:
  MessageTable();
  Known* find(uint64_t id) const;
  Known& add(uint64_t id);  // must not be known
  void remove(Known&);      // and frees it
  size_t size() const { return used_; }

 private:
  size_t slot_of(uint64_t id) const;
  void grow();
  std::vector<Known*> slots_;  // a power of two of them; linear probing
  size_t used_ = 0;
};
