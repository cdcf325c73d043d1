#include "mail/state.h"
#include <stdlib.h>

#include "check.h"
#include "lib/sys.h"

using Kind = StateRecord::Kind;

static Trailer message() {
  Trailer t;
  t.id = 1795261549000000;
  t.arrival = 1795261549;
  t.envelope_checksum = 0xd4f008f3;
  return t;
}

static int file_with(Str content) {
  static int fd = -1;
  if (fd != -1) close(fd);
  char name[] = "/tmp/state_test.XXXXXX";
  fd = mkstemp(name);
  unlink(name);
  CHECK(write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  return fd;
}

// How many records are read of content, whose sizes add up to good_size.
static size_t records(Str content, uint64_t* good = nullptr) {
  StateReader reader;
  auto opened = reader.open(file_with(content), message());
  if (!opened.ok() || !opened.take()) return SIZE_MAX;
  size_t n = 0;
  while (reader.next().take()) ++n;
  if (good) *good = reader.good_size();
  return n;
}

static void reads_what_was_written() {
  Buf b;
  Trailer t = message();
  append_state_header(b, t);
  append_state_record(b, t, {Kind::done, 7, {}, {}});
  append_state_record(b, t, {Kind::failed, 4294967295u, "joe@x", "No such user.\n"});
  append_state_record(b, t, {Kind::deferred, 0, {}, "later\0on"sv});
  append_state_record(b, t, {Kind::bounced, 0, {}, {}});
  StateReader reader;
  CHECK(reader.open(file_with(b), t).take());
  StateRecord r = *reader.next().take();
  CHECK(r.kind == Kind::done && r.number == 7 && r.address.empty() && r.text.empty());
  r = *reader.next().take();
  CHECK(r.kind == Kind::failed && r.number == 4294967295u);
  CHECK_EQ(r.address, "joe@x");
  CHECK_EQ(r.text, "No such user.\n");
  r = *reader.next().take();
  CHECK_EQ(r.text, "later\0on"sv);
  CHECK(reader.next().take()->kind == Kind::bounced);
  CHECK(!reader.next().take());
  CHECK(reader.good_size() == b.size());
}

// Cut at any byte, or with any byte changed, only whole records before count.
static void stops_at_damage() {
  Buf b;
  Trailer t = message();
  append_state_header(b, t);
  size_t header = b.size();
  append_state_record(b, t, {Kind::done, 1, {}, {}});
  size_t first = b.size();
  append_state_record(b, t, {Kind::failed, 2, "a@b", "text"});
  size_t second = b.size();
  for (size_t n = 0; n <= second; ++n) {
    uint64_t good = 0;
    size_t want = n < header ? SIZE_MAX : n < first ? 0 : n < second ? 1 : 2;
    CHECK(records(slice(b, 0, n), &good) == want);
    if (n >= header) CHECK(good == (want == 0 ? header : want == 1 ? first : second));
  }
  for (size_t n = 0; n < second; ++n) {
    Buf damaged;
    damaged.append(b);
    damaged.data()[n] = static_cast<char>(damaged.data()[n] ^ 0x10);
    CHECK(records(damaged) == (n < header ? SIZE_MAX : n < first ? 0 : 1));
  }
}

static void refuses_other_messages() {
  Buf b;
  Trailer t = message();
  t.arrival++;
  append_state_header(b, t);
  CHECK(records(b) == SIZE_MAX);
  b.clear();
  append_state_header(b, message());
  append_state_record(b, t, {Kind::done, 1, {}, {}});  // of another file
  CHECK(records(b) == 0);
}

static void keeps_two_bits_for_each() {
  RecipientBits bits(100);
  for (uint64_t n = 0; n < 100; n += 3) bits.set(n, RecipientBits::settled);
  for (uint64_t n = 0; n < 100; n += 5) bits.set(n, RecipientBits::running);
  for (uint64_t n = 0; n < 100; ++n) {
    CHECK(bits.get(n, RecipientBits::settled) == (n % 3 == 0));
    CHECK(bits.get(n, RecipientBits::running) == (n % 5 == 0));
  }
  for (uint64_t n = 0; n < 100; ++n) bits.set_order(n, static_cast<Order>(n % 4));
  for (uint64_t n = 0; n < 100; ++n) bits.clear(n, RecipientBits::running);
  for (uint64_t n = 0; n < 100; ++n) CHECK(bits.order(n) == static_cast<Order>(n % 4));
  for (uint64_t n = 0; n < 100; ++n) {
    CHECK(bits.get(n, RecipientBits::settled) == (n % 3 == 0));
    CHECK(!bits.get(n, RecipientBits::running));
  }
}

int main() {
  reads_what_was_written();
  stops_at_damage();
  refuses_other_messages();
  keeps_two_bits_for_each();
  return failures != 0;
}
