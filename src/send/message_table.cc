#include "send/message_table.h"

MessageTable::MessageTable() : slots_(64) {}

// IDs are times: their low bits differ, but a multiplication spreads them well.
static size_t home(uint64_t id, size_t slots) {
  return static_cast<size_t>((id * 0x9e3779b97f4a7c15u) >> 20) & (slots - 1);
}

// Where id is, or the free slot where it would be put.
size_t MessageTable::slot_of(uint64_t id) const {
  size_t at = home(id, slots_.size());
  while (slots_[at] && slots_[at]->id != id) at = (at + 1) & (slots_.size() - 1);
  return at;
}

Known* MessageTable::find(uint64_t id) const { return slots_[slot_of(id)]; }

void MessageTable::grow() {
  std::vector<Known*> old(slots_.size() * 2);
  std::swap(old, slots_);
  for (Known* k : old)
    if (k) slots_[slot_of(k->id)] = k;
}

Known& MessageTable::add(uint64_t id) {
  if (used_ * 2 >= slots_.size()) grow();
  auto* k = new Known;
  k->id = id;
  slots_[slot_of(id)] = k;
  ++used_;
  return *k;
}

void MessageTable::remove(Known& k) {
  size_t hole = slot_of(k.id), mask = slots_.size() - 1;
  delete slots_[hole];
  slots_[hole] = nullptr;
  --used_;
  // Whoever was pushed past the hole moves into it, or a search would stop there.
  for (size_t at = (hole + 1) & mask; slots_[at]; at = (at + 1) & mask) {
    size_t wanted = home(slots_[at]->id, slots_.size());
    if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    slots_[at] = nullptr;
    hole = at;
  }
}
