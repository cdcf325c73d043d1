#include "send/message_table.h"

#include <algorithm>

#include "check.h"
#include "scratch.h"

// Does the table hold exactly these, each where it was put?
static bool holds(const MessageTable& table, const std::vector<Known*>& sorted) {
  if (table.size() != sorted.size()) return false;
  return std::all_of(sorted.begin(), sorted.end(), [&](Known* k) { return table.find(k->id) == k; });
}

static std::vector<uint64_t> without_repeats(std::vector<uint64_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// Against a sorted vector: adds all, then removes and adds at random.
static void agrees_with_a_sorted_vector(std::vector<uint64_t> ids, uint64_t seed) {
  ids = without_repeats(std::move(ids));
  Sequence random(seed);
  for (size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[random.below(i)]);
  MessageTable table;
  std::vector<Known*> known;
  auto place = [&](uint64_t id) {
    return std::lower_bound(known.begin(), known.end(), id, [](Known* k, uint64_t n) { return k->id < n; });
  };
  for (uint64_t id : ids) {
    CHECK(!table.find(id));
    known.push_back(&table.add(id));
    CHECK(known.back()->id == id && table.find(id) == known.back());
  }
  std::sort(known.begin(), known.end(), [](Known* a, Known* b) { return a->id < b->id; });
  CHECK(holds(table, known));

  // Most go, in the order of ids, which is not that of the table.
  size_t kept = ids.size() / 20;
  std::vector<Known*> left;
  for (size_t i = 0; i < kept; ++i) left.push_back(table.find(ids[i]));
  std::sort(left.begin(), left.end(), [](Known* a, Known* b) { return a->id < b->id; });
  for (size_t i = kept; i < ids.size(); ++i) {
    table.remove(*table.find(ids[i]));
    if (i % 9973 == 0) CHECK(!table.find(ids[i]));
  }
  known = std::move(left);
  CHECK(known.size() == kept);
  CHECK(holds(table, known));

  for (int n = 0; n < 20000; ++n) {
    uint64_t id = ids[random.below(ids.size())];
    auto at = place(id);
    bool there = at != known.end() && (*at)->id == id;
    Known* k = table.find(id);
    CHECK(there ? k == *at : !k);
    if (there) {
      table.remove(**at);
      known.erase(at);
      CHECK(!table.find(id));
    } else {
      known.insert(at, &table.add(id));
    }
  }
  CHECK(holds(table, known));
}

int main() {
  std::vector<uint64_t> ids;
  Sequence random(3);
  for (int n = 0; n < 100000; ++n) ids.push_back(random.next());
  agrees_with_a_sorted_vector(ids, 4);

  // As they are in a queue: times in microseconds, close together.
  ids.clear();
  for (uint64_t n = 0, at = 1795261549000000; n < 20000; ++n) ids.push_back(at += 1 + random.below(3));
  agrees_with_a_sorted_vector(ids, 5);

  // Made to meet in few slots, so that long runs form and wrap around.
  ids.clear();
  for (uint64_t n = 1; n <= 3000; ++n) ids.push_back(n << 44);
  agrees_with_a_sorted_vector(ids, 6);
  return failures != 0;
}
