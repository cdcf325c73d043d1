#include "send/schedule.h"

#include <algorithm>

// The standard heap has the greatest in front.
static constexpr auto later = [](const auto& a, const auto& b) { return a.due > b.due; };

void Schedule::add(Known& k, int64_t due) {
  k.waits[static_cast<int>(channel_)] = true;
  k.due[static_cast<int>(channel_)] = due;
  heap_.push_back({due, &k});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

Known* Schedule::take_due(int64_t now) {
  if (heap_.empty() || heap_.front().due > now) return nullptr;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  Known* k = heap_.back().known;
  heap_.pop_back();
  k->waits[static_cast<int>(channel_)] = false;
  return k;
}

void Schedule::remove(Known& k) {
  std::erase_if(heap_, [&](const Entry& e) { return e.known == &k; });
  std::make_heap(heap_.begin(), heap_.end(), later);
  k.waits[static_cast<int>(channel_)] = false;
}

std::optional<int64_t> Schedule::soonest() const {
  if (heap_.empty()) return {};
  return heap_.front().due;
}

// Equal times keep a heap a heap.
void Schedule::all_due(int64_t now) {
  for (Entry& e : heap_) e.known->due[static_cast<int>(channel_)] = e.due = now;
}

static int64_t square_root(int64_t n) {
  int64_t root = 0;
  for (int64_t bit = int64_t{1} << 30; bit; bit >>= 1)
    if ((root + bit) * (root + bit) <= n) root += bit;
  return root;
}

int64_t next_try(int64_t birth, int64_t now, Channel channel) {
  constexpr int64_t oldest = int64_t{1} << 60;
  int64_t age = now > birth ? now - birth : 0;
  if (age > oldest) age = oldest;
  int64_t root = square_root(age) + (channel == Channel::local ? 10 : 20);
  return birth + root * root;
}
