#include "mail/message.h"

#include <vector>

#include "check.h"
#include "lib/checksum.h"
#include "mail/address.h"
#include "mail/queue_files.h"
#include "scratch.h"

static constexpr uint64_t id = 1795261549000000;

static Buf record(char kind, Str address) {
  Buf b;
  b.push(kind);
  b.add(address, "\0"sv);
  return b;
}

static Buf whole(Str body, Str envelope, Trailer t = {}) {
  t.id = id;
  t.arrival = 1795261549;
  t.uid = 1000;
  t.pid = 4711;
  if (!t.body_size) t.body_size = body.size();
  if (!t.envelope_size) t.envelope_size = envelope.size();
  t.body_checksum = crc32c(0, body);
  Buf b;
  b.add(body, envelope);
  append_trailer(b, t, crc32c(0, envelope));
  return b;
}

static int error_of(Str file) {
  put_file("m", file);
  auto m = Message::open("m", id);
  return m.ok() ? 0 : m.error().code;
}

// Walks to the end: how many records, or nothing when the envelope is refused.
static std::optional<size_t> walk(const Message& m, std::span<char> space, EnvelopeCursor from = {}) {
  EnvelopeWalk w(m, space, from);
  for (size_t n = 0;; ++n) {
    auto r = w.next();
    if (!r.ok()) {
      CHECK(r.error().code == EBADMSG);
      return {};
    }
    if (!r.take()) return n;
  }
}

static std::optional<size_t> walk_file(Str file) {
  char space[4096];
  put_file("m", file);
  auto m = Message::open("m", id);
  if (!m.ok()) return {};
  return walk(m.take(), space);
}

static void tells_what_was_written() {
  Buf envelope = record('F', "s@x");
  envelope.add(record('T', "r@y").view(), record('T', "").view());
  Trailer t;
  t.recipients = 2;
  put_file("m", whole("the body\n", envelope, t));
  Message m = Message::open("m", id).take();
  CHECK(m.trailer().id == id && m.trailer().body_size == 9 && m.trailer().envelope_size == 12 &&
        m.trailer().recipients == 2 && m.trailer().arrival == 1795261549 && m.trailer().uid == 1000 &&
        m.trailer().pid == 4711 && m.envelope_start() == 9);
  CHECK(m.status().st_size == 9 + 12 + static_cast<off_t>(trailer_size));
  CHECK(m.check_body().ok());
  char space[64];
  EnvelopeWalk w(m, space);
  auto r = w.next().take();
  CHECK(r && r->kind == 'F');
  CHECK_EQ(r->address, "s@x");
  CHECK(w.cursor().recipients == 0 && w.cursor().offset == 5);
  r = w.next().take();
  CHECK(r && r->kind == 'T');
  CHECK_EQ(r->address, "r@y");
  CHECK(w.cursor().recipients == 1);
  r = w.next().take();
  CHECK(r && r->kind == 'T' && r->address.empty());
  CHECK(w.cursor().recipients == 2 && w.cursor().offset == 12);
  CHECK(!w.next().take() && !w.next().take());
}

static void refuses_what_is_no_message() {
  CHECK(error_of("") == EBADMSG);
  CHECK(error_of(whole("", record('F', ""))) == 0);
  CHECK(walk_file(whole("", record('F', ""))) == 1u);
  auto other = Message::open("m", id + 1);
  CHECK(!other.ok() && other.error().code == EBADMSG);
  auto none = Message::open("none", id);
  CHECK(!none.ok() && none.error().code == ENOENT);
  auto folder = Message::open(".", id);
  CHECK(!folder.ok() && folder.error().code == EINVAL);
}

static void refuses_every_damage() {
  Buf body, envelope = record('F', "sender@example.org");
  for (int n = 0; n < 40; ++n) body.append("a line of the body\n");
  for (int n = 0; n < 5; ++n) envelope.append(record('T', "recipient@example.org"));
  Trailer t;
  t.recipients = 5;
  Buf file = whole(body, envelope, t);
  CHECK(error_of(file) == 0 && walk_file(file) == 6u);
  for (size_t n = 0; n < file.size(); ++n) CHECK(error_of(slice(file, 0, n)) == EBADMSG);
  Buf longer;
  longer.add(file.view(), "x"sv);
  CHECK(error_of(longer) == EBADMSG);

  for (size_t n = 0; n < file.size(); ++n)
    for (char bits : {'\x01', '\x80', '\xff'}) {
      file.data()[n] = static_cast<char>(file.data()[n] ^ bits);
      if (n < body.size()) {
        CHECK(walk_file(file) == 6u);
        auto checked = Message::open("m", id).take().check_body();
        CHECK(!checked.ok() && checked.error().code == EBADMSG);
      } else {
        CHECK(!walk_file(file));
      }
      file.data()[n] = static_cast<char>(file.data()[n] ^ bits);
    }
}

// Sizes that add up to the file's only because a sum ran over.
static void adds_sizes_without_running_over() {
  Buf envelope = record('F', "");
  constexpr uint64_t body = 10, sum = 10 + 2;
  auto with = [&](uint64_t body_size, uint64_t envelope_size) {
    Trailer t;
    t.body_size = body_size;
    t.envelope_size = envelope_size;
    return error_of(whole("0123456789", envelope, t));
  };
  CHECK(with(body, 2) == 0);
  for (uint64_t big : {UINT64_MAX, UINT64_MAX - trailer_size, uint64_t{1} << 63, (uint64_t{1} << 63) - 1})
    for (uint64_t d = 0; d < 4 * trailer_size; ++d) {
      CHECK(with(big - d, sum - (big - d)) == EBADMSG);
      CHECK(with(sum - (big - d), big - d) == EBADMSG);
      CHECK(with(big - d, 2) == EBADMSG);
      CHECK(with(body, big - d) == EBADMSG);
    }
}

// Checksums that are right do not make up for a wrong form.
static void refuses_envelopes_of_another_form() {
  Buf f = record('F', "s@x"), t = record('T', "r@y");
  struct {
    Str why, envelope;
  } bad[] = {
      {"no sender", "Tr@y\0"sv},         {"second sender", "Fs@x\0Fs@x\0"sv},
      {"no end", "Fs@x\0Tr@y"sv},        {"empty record", "Fs@x\0\0"sv},
      {"first is empty", "\0Fs@x\0"sv},  {"another letter", "Fs@x\0Dr@y\0"sv},
      {"no end of the first", "Fs@x"sv}, {"letter in lower case", "Fs@x\0tr@y\0"sv},
  };
  for (auto& b : bad)
    if (walk_file(whole("body", b.envelope))) CHECK_EQ("taken", b.why);
}

static void walks_over_every_boundary() {
  Buf envelope = record('F', "sender@x");
  std::vector<uint64_t> starts = {0, envelope.size()};
  Sequence random(7);
  Buf address;
  size_t records = 1;
  for (size_t length : {0u, 1u, 2u, 30u, 0u, 17u, 31u, 31u, 5u}) {
    address.clear();
    for (size_t n = 0; n < length; ++n) address.push(static_cast<char>('a' + random.below(26)));
    envelope.append(record('T', address));
    starts.push_back(envelope.size());
    ++records;
  }
  Trailer t;
  t.recipients = records - 1;
  put_file("m", whole("body", envelope, t));
  Message m = Message::open("m", id).take();
  constexpr size_t longest = 33;
  char space[512];
  for (size_t n = 0; n < longest; ++n) CHECK(!walk(m, {space, n}));
  for (size_t n = longest; n <= sizeof space; ++n) {
    CHECK(walk(m, {space, n}) == records);
    // And from where an earlier walk was left, with another space.
    EnvelopeWalk w(m, {space, n});
    for (size_t k = 0; k <= records; ++k) {
      CHECK(w.cursor().offset == starts[k] && w.cursor().recipients == (k ? k - 1 : 0));
      char other[longest + 3];
      CHECK(walk(m, other, w.cursor()) == records - k);
      auto r = w.next().take();
      CHECK(r.has_value() == (k < records));
      if (r) CHECK_EQ(r->address, slice(envelope, starts[k] + 1, starts[k + 1] - starts[k] - 2));
    }
  }
  EnvelopeCursor wrong = {starts[3], 2, 12345};
  CHECK(!walk(m, space, wrong));
}

static void takes_the_longest_address() {
  Buf address;
  while (address.size() < longest_address) address.push('a');
  Buf envelope = record('F', address);
  envelope.append(record('T', address));
  Trailer t;
  t.recipients = 1;
  put_file("m", whole("", envelope, t));
  Message m = Message::open("m", id).take();
  char space[longest_address + 2];
  CHECK(walk(m, space) == 2u);
  CHECK(!walk(m, {space, sizeof space - 1}));
}

static void names_and_ids() {
  Buf name;
  set_message_name(name, 46);
  CHECK_EQ(name, "mess/0/46");
  set_state_name(name, UINT64_MAX);
  CHECK_EQ(name, "state/5/18446744073709551615");  // split 23
  CHECK(scan_id("1") == 1u && scan_id("18446744073709551615") == UINT64_MAX);
  for (Str bad : {"18446744073709551616", "1 ", " 1", "+1", "1.1", "1\n", ".", "..", "0x1"}) CHECK(!scan_id(bad));
}

static void knows_its_queue() {
  CHECK_EQ(queue_format(), "qmail++ queue 1\nsplit 23\n");
  auto missing = check_queue_format();
  CHECK(!missing.ok() && missing.error().code == ENOENT);
  put_file("format", queue_format());
  CHECK(check_queue_format().ok());
  for (Str bad : {"", "qmail++ queue 1\nsplit 24\n", "qmail++ queue 2\nsplit 23\n", "qmail++ queue 1\nsplit 23\n\n"}) {
    put_file("format", bad);
    auto r = check_queue_format();
    CHECK(!r.ok() && r.error().code == EPROTO);
  }
}

int main() {
  Scratch scratch;
  tells_what_was_written();
  refuses_what_is_no_message();
  refuses_every_damage();
  adds_sizes_without_running_over();
  refuses_envelopes_of_another_form();
  walks_over_every_boundary();
  takes_the_longest_address();
  names_and_ids();
  knows_its_queue();
  return failures != 0;
}
