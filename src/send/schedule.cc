#include "send/schedule.h"

#include <algorithm>

// Moves what stands at `at` to where its due time belongs.
void Schedule::sift(size_t at) {
  Known* k = heap_[at];
  for (size_t parent; at && due(k) < due(heap_[parent = (at - 1) / 2]); at = parent) put(at, heap_[parent]);
  for (size_t child; (child = 2 * at + 1) < heap_.size(); at = child) {
    if (child + 1 < heap_.size() && due(heap_[child + 1]) < due(heap_[child])) ++child;
    if (due(k) <= due(heap_[child])) break;
    put(at, heap_[child]);
  }
  put(at, k);
}

void Schedule::add(Known& k, int64_t when) {
  remove(k);
  due(&k) = when;
  heap_.push_back(&k);
  sift(heap_.size() - 1);
}

void Schedule::remove(Known& k) {
  size_t at = std::exchange(k.place[what_], Known::nowhere);
  if (at == Known::nowhere) return;
  Known* last = heap_.back();
  heap_.pop_back();
  if (last == &k) return;
  heap_[at] = last;
  sift(at);
}

Known* Schedule::take_due(int64_t now) {
  if (heap_.empty() || due(heap_.front()) > now) return nullptr;
  Known* k = heap_.front();
  remove(*k);
  return k;
}

std::optional<int64_t> Schedule::soonest() const {
  if (heap_.empty()) return {};
  return due(heap_.front());
}

// Equal times keep a heap a heap, and so does a shift of all.
void Schedule::all_due(int64_t now) {
  for (Known* k : heap_) due(k) = now;
}
void Schedule::shift(int64_t seconds) {
  for (Known* k : heap_) due(k) += seconds;
}

static int64_t square_root(int64_t n) {
  int64_t root = 0;
  for (int64_t bit = int64_t{1} << 30; bit; bit >>= 1)
    if ((root + bit) * (root + bit) <= n) root += bit;
  return root;
}

int64_t next_try(int64_t birth, int64_t now, Channel channel) {
  constexpr int64_t oldest = int64_t{1} << 60;
  birth = std::min(birth, now);
  int64_t age = std::min(now - birth, oldest);
  int64_t root = square_root(age) + (channel == Channel::local ? 10 : 20);
  return birth + root * root;
}

int64_t next_try_after(int64_t planned, int64_t birth, int64_t now, Channel channel) {
  return std::min(planned, next_try(birth, now, channel));
}
