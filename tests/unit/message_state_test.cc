#include "mail/message_state.h"

#include "check.h"
#include "mail/queue_files.h"
#include "scratch.h"

using Kind = StateRecord::Kind;
using Fate = RecipientState::Fate;
static constexpr uint32_t every = StateRecord::every_recipient;

static Trailer message(uint64_t recipients) {
  Trailer t;
  t.id = 46;
  t.arrival = 1795261549;
  t.recipients = recipients;
  t.envelope_size = recipients * 10 + 10;
  t.envelope_checksum = 0xd4f008f3;
  return t;
}

static Fd file_of(const Trailer& t, std::initializer_list<StateRecord> records) {
  Buf b;
  append_state_header(b, t);
  for (const StateRecord& r : records) append_state_record(b, t, r);
  put_file("state/0/46", b);
  return open_read("state/0/46").take();
}

// For each recipient its fate and order, and why.
static Buf described(int fd, const Trailer& t) {
  MessageState state = MessageState::read(fd, t).take();
  Buf text;
  for (uint64_t n = 0; n < t.recipients; ++n) {
    const RecipientState& r = state.of(n);
    text.push("OKDx"[static_cast<size_t>(r.fate)]);
    if (r.fate == Fate::open) text.push(" hER"[static_cast<size_t>(r.order)]);
    CHECK(state.append_reason(text, r).ok());
    text.push(';');
  }
  if (state.bounced()) text.append("B");
  return text;
}

static void tells_what_became_of_recipients() {
  Trailer t = message(8);
  Fd fd = file_of(t, {{Kind::done, 0, {}, {}},
                      {Kind::deferred, 1, {}, "later"},
                      {Kind::deferred, 2, {}, {}},
                      {Kind::deferred, 3, {}, "never"},
                      {Kind::failed, 3, "a@b", "no\n"},
                      {Kind::hold, 2, {}, {}},
                      {Kind::hold, 1, {}, {}},
                      {Kind::release, 1, {}, {}},
                      {Kind::expire, 4, {}, {}},
                      {Kind::release, 4, {}, {}},
                      {Kind::removed, 5, {}, {}},
                      {Kind::deferred, 6, {}, "asleep"},
                      {Kind::failed, 6, "c@d", expired_by_order},
                      {Kind::remove, 7, {}, {}},
                      {Kind::hold, 7, {}, {}},
                      {Kind::done, 8, {}, {}}});
  Buf want;
  want.add("K;O later;Ohlater;Dno\n;OE;x;Dasleep\n"sv, expired_by_order, ";OR;"sv);
  CHECK_EQ(described(fd.get(), t), want.view());
}

static void orders_for_all_spare_what_is_settled() {
  Trailer t = message(3);
  Fd fd = file_of(t, {{Kind::done, 0, {}, {}}, {Kind::hold, every, {}, {}}, {Kind::release, 1, {}, {}}});
  CHECK_EQ(described(fd.get(), t), "K;O ;Oh;");
  fd = file_of(t, {{Kind::failed, 0, "a@b", "x"}, {Kind::remove, every, {}, {}}});
  CHECK_EQ(described(fd.get(), t), "Dx;OR;OR;B");
  CHECK_EQ(described(-1, t), "O ;O ;O ;");
}

static void compacted(int fd, const Trailer& t, off_t most) {
  Buf before = described(fd, t);
  remove_file("new").ok();
  Fd out = open_exclusive("new", 0600).take();
  auto size = compact_state(fd, out.get(), t);
  CHECK(size.ok());
  CHECK(stat_of(out.get()).take().st_size == static_cast<off_t>(size.take()));
  CHECK(stat_of(out.get()).take().st_size <= most);
  CHECK_EQ(described(out.get(), t), before.view());

  // Once more changes nothing.
  Fd again = open_truncate("again", 0600).take();
  again = Fd(open("again", O_RDWR | O_CLOEXEC));
  CHECK(compact_state(out.get(), again.get(), t).ok());
  CHECK(stat_of(again.get()).take().st_size == stat_of(out.get()).take().st_size);
}

static void compacting_keeps_what_counts() {
  Trailer t = message(6);
  Fd fd = file_of(t, {{Kind::deferred, 0, {}, "one"},
                      {Kind::deferred, 1, {}, "two"},
                      {Kind::deferred, 2, {}, "one"},
                      {Kind::deferred, 3, {}, "two"},
                      {Kind::done, 1, {}, {}},
                      {Kind::hold, 0, {}, {}},
                      {Kind::release, 0, {}, {}},
                      {Kind::hold, 2, {}, {}},
                      {Kind::deferred, 0, {}, "two"},
                      {Kind::failed, 3, "a\xff@b", ""},
                      {Kind::removed, 4, {}, {}},
                      {Kind::bounced, 0, {}, {}}});
  compacted(fd.get(), t, 1000);
  fd = file_of(t, {{Kind::deferred, 5, {}, "asleep"}, {Kind::failed, 5, "a@b", expired_by_order}});
  compacted(fd.get(), t, 1000);
  for (Kind kind : {Kind::hold, Kind::expire, Kind::remove}) {
    fd = file_of(t, {{Kind::done, 3, {}, {}}, {kind, every, {}, {}}});
    compacted(fd.get(), t, 32 + 17 + 17 + 17);
    fd = file_of(t, {{kind, 2, {}, {}}, {Kind::hold, 3, {}, {}}});
    compacted(fd.get(), t, 1000);
  }
  fd = file_of(t, {});
  compacted(fd.get(), t, 32);

  // Recipients deleted one by one: the bounce for the others is still to be sent.
  t = message(3);
  fd = file_of(t, {{Kind::failed, 0, "a@b", "no\n"}, {Kind::remove, 1, {}, {}}, {Kind::remove, 2, {}, {}}});
  compacted(fd.get(), t, 1000);
}

// Texts that alternate, try after try, as on a list with many hosts.
static void compacting_pays() {
  Trailer t = message(1000);
  Buf b;
  append_state_header(b, t);
  for (int pass = 0; pass < 3; ++pass)
    for (uint32_t n = 0; n < 1000; ++n)
      append_state_record(b, t, {Kind::deferred, n, {}, n % 2 ? "Connected, but it is asleep.\n" : "No answer.\n"});
  put_file("state/0/46", b);
  Fd fd = open_read("state/0/46").take();
  CHECK(b.size() > 100000);
  compacted(fd.get(), t, 32 + 1000 * 17 + 100);
}

static void opens_alone() {
  Trailer t = message(3), other = message(3);
  ++other.arrival;
  file_of(t, {{Kind::done, 0, {}, {}}});
  auto size = stat_of("state/0/46").take().st_size;
  Buf torn;
  CHECK(read_all(open_read("state/0/46").take().get(), torn, 4096).ok());
  torn.append("torn");
  put_file("state/0/46", torn);
  CHECK(open_state_alone(t).ok() && stat_of("state/0/46").take().st_size == size);
  CHECK(open_state_alone(other).ok() && stat_of("state/0/46").take().st_size == 32);
  unlink("state/0/46");
  CHECK(open_state_alone(t).ok() && stat_of("state/0/46").take().st_size == 32);
}

int main() {
  Scratch scratch;
  for (const char* dir : {"state", "state/0"}) CHECK(mkdir(dir, 0755) == 0);
  tells_what_became_of_recipients();
  orders_for_all_spare_what_is_settled();
  compacting_keeps_what_counts();
  compacting_pays();
  opens_alone();
  return failures != 0;
}
