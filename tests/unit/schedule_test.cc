#include "send/schedule.h"

#include <vector>

#include "check.h"
#include "scratch.h"

static constexpr Channel local = Channel::local, remote = Channel::remote;

// A message that is deferred at each of its tries is tried at these ages.
static void tries_grow_apart_by_squares() {
  for (int64_t birth : {int64_t{0}, int64_t{1795228571}, int64_t{-5}}) {
    int64_t at = birth;
    for (int64_t want : {100, 400, 900, 1600, 2500, 3600, 4900})
      CHECK((at = next_try(birth, at, local)) == birth + want);
    at = birth;
    for (int64_t want : {400, 1600, 3600, 6400, 10000, 14400})
      CHECK((at = next_try(birth, at, remote)) == birth + want);
  }
  CHECK(next_try(1000, 1150, local) == 1000 + 22 * 22);  // late: the root of 150 is 12
  CHECK(next_try(1000, 1150, remote) == 1000 + 32 * 32);
  CHECK(next_try(1000, 500, local) == 600);  // from the future: as if just arrived
  CHECK(next_try(1000, 500, remote) == 900);
  CHECK(next_try(INT64_MAX, 500, remote) == 900);
}

static void a_clock_set_back_during_a_pass_delays_nothing() {
  for (Channel c : {local, remote}) {
    int64_t planned = next_try(1000, 5000, c);
    for (int64_t now : {5000, 5001, 6000, 100000}) CHECK(next_try_after(planned, 1000, now, c) == planned);
    planned = next_try(1000, 100000000, c);
    for (int64_t now : {5000, 1000, 500, 0}) CHECK(next_try_after(planned, 1000, now, c) == next_try(1000, now, c));
  }
  CHECK(next_try_after(7, 1000, 5000, local) == 7);  // an order has made it due
}

static void roots_are_rounded_down() {
  for (int64_t n = 0; n < 3000; ++n)
    for (int64_t age = n * n; age<(n + 1) * (n + 1); age += n + 1> 2 * n ? 1 : n)
      CHECK(next_try(0, age, local) == (n + 10) * (n + 10));
  for (int64_t n : {int64_t{3000}, int64_t{65536}, int64_t{1} << 29}) {
    CHECK(next_try(0, n * n - 1, remote) == (n + 19) * (n + 19));
    CHECK(next_try(0, n * n, remote) == (n + 20) * (n + 20));
    CHECK(next_try(0, n * n + 2 * n, remote) == (n + 20) * (n + 20));
  }
  CHECK(next_try(0, INT64_MAX, local) > int64_t{1} << 60);
}

static void soonest_comes_first() {
  Sequence random(1);
  Schedule s(Wait::local);
  std::vector<Known> known(1000);
  for (size_t i = 0; i < 1000; ++i) s.add(known[i], static_cast<int64_t>(random.below(500)));
  CHECK(!s.take_due(-1));
  int64_t last = -1;
  for (size_t i = 0; i < 1000; ++i) {
    int64_t soonest = s.soonest().value_or(-2);
    CHECK(soonest >= last);
    last = soonest;
    if (soonest) CHECK(!s.take_due(soonest - 1));
    Known* k = s.take_due(soonest);
    CHECK(k && k->due[0] == soonest && !k->waits(Wait::local) && !k->waits(Wait::remote));
  }
  CHECK(!s.soonest() && !s.take_due(INT64_MAX));
}

static void what_is_removed_does_not_come() {
  Sequence random(2);
  Schedule s(Wait::remote);
  std::vector<Known> known(300);
  for (size_t i = 0; i < 300; ++i) s.add(known[i], static_cast<int64_t>(random.below(100)));
  for (size_t i = 0; i < 300; i += 3) {
    CHECK(known[i].waits(Wait::remote) && !known[i].waits(Wait::local));
    s.remove(known[i]);
    CHECK(!known[i].waits(Wait::remote));
    s.remove(known[i]);  // does nothing
  }
  size_t n = 0;
  int64_t last = -1;
  while (Known* k = s.take_due(100)) {
    CHECK((k - known.data()) % 3 != 0 && k->due[1] >= last);
    last = k->due[1];
    ++n;
  }
  CHECK(n == 200);
}

static void all_can_be_made_due() {
  Schedule s(Wait::local);
  Known known[50];
  for (int i = 0; i < 50; ++i) s.add(known[i], 1000 + i * 7 % 50);
  CHECK(!s.take_due(500));
  s.all_due(500);
  CHECK(s.soonest() == 500);
  CHECK(known[49].due[0] == 500);
  size_t n = 0;
  while (s.take_due(500)) ++n;
  CHECK(n == 50);
}

// Whatever is added, moved and removed: all that is left comes, in order.
static void stays_in_order() {
  Sequence random(3);
  Schedule s(Wait::pick_up);
  constexpr size_t n = 200;
  std::vector<Known> known(n);
  std::vector<int64_t> due(n, -1);  // -1: not in it
  auto soonest = [&] {
    int64_t best = INT64_MAX;
    for (int64_t d : due)
      if (d >= 0 && d < best) best = d;
    return best;
  };
  for (int step = 0; step < 20000; ++step) {
    size_t i = random.below(n);
    switch (random.below(4)) {
      case 0:
      case 1: s.add(known[i], due[i] = static_cast<int64_t>(random.below(1000))); break;
      case 2:
        s.remove(known[i]);
        due[i] = -1;
        break;
      default:
        Known* k = s.take_due(500);
        CHECK((k != nullptr) == (soonest() <= 500));
        if (!k) break;
        CHECK(due[static_cast<size_t>(k - known.data())] == soonest());
        due[static_cast<size_t>(k - known.data())] = -1;
    }
    CHECK(s.soonest().value_or(INT64_MAX) == soonest());
    CHECK(known[i].waits(Wait::pick_up) == (due[i] >= 0));
  }
}

static void times_shift_with_the_clock() {
  Schedule s(Wait::local);
  Known known[20];
  for (int i = 0; i < 20; ++i) s.add(known[i], 1000 + i * 7 % 20);
  s.shift(-600);
  CHECK(s.soonest() == 400 && !s.take_due(399));
  for (int i = 0; i < 20; ++i) {
    Known* k = s.take_due(419);
    CHECK(k && k->due[0] == 400 + i);
  }
}

static void channels_are_apart() {
  Schedule l(Wait::local), r(wait_of(remote));
  Known k;
  l.add(k, 10);
  r.add(k, 5);
  CHECK(k.due[0] == 10 && k.due[1] == 5);
  CHECK(r.take_due(5) == &k && k.waits(Wait::local) && !k.waits(Wait::remote));
  CHECK(l.take_due(9) == nullptr && l.take_due(10) == &k && !k.waits(Wait::local));
}

static void lists_keep_their_order() {
  KnownList list;
  Known known[3];
  CHECK(list.empty() && !list.pop());
  for (int round = 0; round < 2; ++round) {
    for (Known& k : known) list.push(k);
    for (Known& k : known) CHECK(list.pop() == &k);
    CHECK(list.empty());
  }
  list.push(known[2]);
  list.push(known[0]);
  CHECK(list.pop() == &known[2]);
  list.push(known[1]);
  CHECK(list.pop() == &known[0] && list.pop() == &known[1] && !list.pop());
}

int main() {
  tries_grow_apart_by_squares();
  roots_are_rounded_down();
  a_clock_set_back_during_a_pass_delays_nothing();
  soonest_comes_first();
  what_is_removed_does_not_come();
  all_can_be_made_due();
  stays_in_order();
  times_shift_with_the_clock();
  channels_are_apart();
  lists_keep_their_order();
  return failures != 0;
}
