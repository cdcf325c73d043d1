#include "remote/timeout_table.h"
#include <stdlib.h>

#include "check.h"
#include "lib/sys.h"

static Ip ip(uint32_t n) {
  Ip i;
  i.bytes = {10, 0, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)};
  return i;
}

int main() {
  constexpr int64_t now = 1800000000;
  Ip a = ip(1), six = *Ip::parse("2001:db8::1");
  TimeoutTable t;
  CHECK(!t.holds_back(a, now, 0));
  CHECK(!t.note_answer(a));

  // The second timeout counts, unless it comes within two minutes.
  t.note_timeout(a, now);
  CHECK(!t.holds_back(a, now, 0));
  CHECK(!t.note_timeout(a, now + 119));
  CHECK(!t.holds_back(a, now + 119, 0));
  CHECK(t.note_timeout(a, now + 120).has_value());
  CHECK(t.holds_back(a, now + 120, 0));
  CHECK(!t.holds_back(six, now + 120, 0));
  CHECK(t.holds_back(a, now + 120 + 3839, 0));
  CHECK(!t.holds_back(a, now + 120 + 3840, 0));
  CHECK(t.holds_back(a, now + 120 + 3840, 31));
  CHECK(!t.holds_back(a, now + 120 + 91 * 64, 31));
  CHECK(!t.holds_back(a, now, 0));  // a clock that was set back

  // An answer clears it; what then times out begins anew.
  CHECK(t.note_answer(a).has_value());
  CHECK(!t.holds_back(a, now + 120, 0));
  CHECK(!t.note_answer(a));
  size_t place = *t.note_timeout(a, now + 500);
  CHECK(t.all()[place].count == 1);
  for (int i = 1; i < 20; ++i) t.note_timeout(a, now + 500 + i * 200);
  CHECK(t.all()[place].count == TimeoutTable::most_timeouts);

  // Both families, and a file.
  t.note_timeout(six, now);
  char name[] = "timeouts.XXXXXX";
  Fd fd(mkstemp(name));
  unlink(name);
  CHECK(TimeoutTable::read(fd.get()).error().code == EPROTO);
  CHECK(TimeoutTable::create(fd.get()).ok());
  for (size_t i = 0; i < TimeoutTable::records; ++i)
    if (t.all()[i].count) CHECK(t.write(fd.get(), i).ok());
  TimeoutTable u = TimeoutTable::read(fd.get()).take();
  for (size_t i = 0; i < TimeoutTable::records; ++i) {
    CHECK(u.all()[i].count == t.all()[i].count && u.all()[i].when == t.all()[i].when);
    if (t.all()[i].count) CHECK(u.all()[i].ip == t.all()[i].ip);
  }
  CHECK(TimeoutTable::create(fd.get()).ok());
  u = TimeoutTable::read(fd.get()).take();
  CHECK(!u.holds_back(a, now + 5000, 0));

  // Nothing of ours: not read, so never written.
  CHECK(pwrite(fd.get(), "some file", 9, 0) == 9);
  CHECK(TimeoutTable::read(fd.get()).error().code == EPROTO);
  CHECK(!TimeoutTable::read(-1).ok());

  // A full table gives up the record that is worth least: old, and few timeouts.
  TimeoutTable full;
  for (uint32_t i = 0; i < TimeoutTable::records; ++i) full.note_timeout(ip(i), now + 1000 + i);
  full.note_timeout(ip(0), now + 2000);  // two by now
  place = *full.note_timeout(six, now + 3000);
  CHECK(place == 1);
  CHECK(full.all()[0].ip == ip(0));
  return failures != 0;
}
