#include "forward/text_set.h"

static uint32_t hash_of(Str s) {
  uint32_t h = 5381;
  for (char c : s) h = ((h << 5) + h) ^ static_cast<unsigned char>(c);
  return h * 2654435769u;  // spreads it to the upper bits too
}

size_t TextSet::slot_of(Str s) const {
  size_t at = (hash_of(s) >> 7) % slots_.size();
  while (slots_[at] && texts_[slots_[at] - 1].view() != s) at = (at + 1) % slots_.size();
  return at;
}

bool TextSet::add(Str s) {
  if (2 * texts_.size() >= slots_.size()) {
    slots_.assign(texts_.empty() ? 64 : 4 * texts_.size(), 0);
    for (uint32_t i = 0; i < texts_.size(); ++i) slots_[slot_of(texts_[i])] = i + 1;
  }
  size_t at = slot_of(s);
  if (slots_[at]) return false;
  texts_.push_back({});
  texts_.back().set(s);
  slots_[at] = static_cast<uint32_t>(texts_.size());
  return true;
}
