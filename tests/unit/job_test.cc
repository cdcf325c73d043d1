#include "send/job.h"

#include "check.h"
#include "lib/checksum.h"
#include "mail/queue_files.h"
#include "scratch.h"

static constexpr uint64_t id = 46;  // in mess/0
using Kind = StateRecord::Kind;

// A message to so many recipients, every other one of them local; recipients is
// what the trailer says of them.
static Trailer put_message(uint64_t count, std::optional<uint64_t> recipients = {}, Str sender = "Fs@x\0"sv) {
  Buf file, envelope;
  envelope.append(sender);
  for (uint64_t n = 0; n < count; ++n) envelope.add("Tu"sv, Num(n), n % 2 ? "@here\0"sv : "@far\0"sv);
  Trailer t;
  t.id = id;
  t.arrival = 1795261549;
  t.envelope_size = envelope.size();
  t.recipients = recipients.value_or(count);
  file.append(envelope);
  append_trailer(file, t, crc32c(0, envelope));
  put_file("mess/0/46", file);
  return Message::open("mess/0/46", id).take().trailer();
}

static Router router() {
  Control control = Control::open(".").take();
  const char* which = "";
  return Router::read(control, which).take();
}

namespace {
struct Loaded {
  Known known;
  Job* job = nullptr;
  int error = 0, turns = 0;
  Loaded() {
    known.id = id;
    auto opened = Job::open(known);
    if (!opened.ok()) {
      error = opened.error().code;
      return;
    }
    job = opened.take();
    Router r = router();
    for (bool done = false; !done && !error; ++turns) {
      auto loaded = job->load(r);
      if (!loaded.ok())
        error = loaded.error().code;
      else
        done = loaded.take();
    }
  }
  ~Loaded() { delete job; }
};
}  // namespace

static void knows_its_message() {
  put_message(5);
  Loaded l;
  CHECK(l.error == 0 && l.job->is_loaded() && !l.job->had_state() && !l.known.has_state);
  CHECK(l.job->id() == id && l.job->unsettled() == 5 && !l.job->has_failures() && !l.job->needs_bounce());
  CHECK_EQ(l.job->sender(), "s@x");
  CHECK(l.job->is_present(Channel::local) && l.job->is_present(Channel::remote) && !l.job->is_busy());
  put_message(1);
  Loaded far;
  CHECK(!far.job->is_present(Channel::local) && far.job->is_present(Channel::remote));
  put_message(0, {}, "F\0"sv);
  Loaded none;
  CHECK(none.error == 0 && none.job->unsettled() == 0);
  CHECK_EQ(none.job->sender(), "");
}

static void refuses_counts_that_are_wrong() {
  for (uint64_t wrong :
       {uint64_t{4}, uint64_t{6}, uint64_t{1} << 20, uint64_t{1} << 31, uint64_t{1} << 32, UINT64_MAX}) {
    put_message(5, wrong);
    Loaded l;
    CHECK(l.error == EBADMSG);
    if (wrong > 100) CHECK(!l.job);  // before any memory is taken for them
  }
  put_message(0, {}, ""sv);
  CHECK(Loaded().error == EBADMSG);
  unlink("mess/0/46");
  CHECK(Loaded().error == ENOENT);
}

static void reads_a_piece_a_turn() {
  put_message(30000);  // 300 kB and more
  Loaded l;
  CHECK(l.error == 0 && l.job->unsettled() == 30000 && l.turns >= 5 && l.turns < 10);
}

static void remembers_what_became_of_recipients() {
  Trailer t = put_message(5);
  unlink("state/0/46");
  {
    Loaded l;
    CHECK(l.job->record_done(1).ok() && l.known.has_state);
    l.job->settle(1);
    l.job->settle(1);  // twice counts once
    CHECK(l.job->unsettled() == 4);
    CHECK(l.job->record_deferred(0, "later").ok() && l.job->record_deferred(2, "later").ok());
    CHECK(l.job->record_deferred(3, "otherwise").ok() && l.job->record_deferred(0, "later").ok());
    CHECK(l.job->record_failed(4, "u4@far", "no\n").ok() && l.job->has_failures() && l.job->needs_bounce());
    l.job->note_due(1234567890);
  }
  CHECK(stat_of("state/0/46").take().st_mtime == 1234567890);
  {
    Loaded l;
    CHECK(l.job->had_state() && l.job->unsettled() == 3 && l.job->needs_bounce());
    for (uint64_t n = 0; n < 5; ++n) CHECK(l.job->bits().get(n, RecipientBits::settled) == (n == 1 || n == 4));
    CHECK(stat_of("state/0/46").take().st_mtime == 1234567890);  // reading it leaves the next try alone

    // A text that stands for several is there once.
    StateReader reader;
    CHECK(reader.open(l.job->state_fd(), t).take());
    Buf got;
    while (auto r = reader.next().take()) {
      char kind = static_cast<char>(r->kind);
      got.add(Str(&kind, 1), Num(r->number), "="sv, r->text, ";"sv);
    }
    CHECK_EQ(got, "K1=;Z0=later;Z2=;Z3=otherwise;Z0=later;D4=no\n;");
    CHECK(l.job->record_bounced().ok() && !l.job->needs_bounce());
  }
  Loaded l;
  CHECK(l.job->has_failures() && !l.job->needs_bounce());
}

// The order and fate of each of five recipients, as a job that is opened anew knows them.
static Buf orders() {
  Loaded l;
  Buf text;
  for (uint32_t n = 0; n < 5; ++n)
    text.push(l.job->bits().get(n, RecipientBits::settled) ? 's' : "-her"[static_cast<size_t>(l.job->bits().order(n))]);
  text.add(" "sv, Num(l.job->on_hold()), l.job->has_endings() ? " endings"sv : ""sv,
           l.job->needs_bounce() ? " bounce"sv : ""sv);
  return text;
}

static void remembers_orders() {
  put_message(5);
  unlink("state/0/46");
  constexpr uint32_t one[] = {1}, some[] = {0, 2, 77, 4294967294};
  {
    Loaded l;
    CHECK(l.job->record_order(Kind::hold, some).ok() && l.job->on_hold() == 2);
    CHECK(l.job->record_order(Kind::hold, some).ok() && l.job->on_hold() == 2);  // twice counts once
    CHECK(l.job->record_order(Kind::expire, one).ok() && l.job->has_endings());
    CHECK(l.job->unsettled() == 5);  // the walk settles
  }
  CHECK_EQ(orders(), "heh-- 2 endings");
  {
    Loaded l;
    CHECK(l.job->record_order(Kind::release, {}).ok() && l.job->on_hold() == 0);
    CHECK(l.job->record_failed(1, "u1@here", expired_by_order).ok());
    l.job->settle(1);
    CHECK(l.job->record_order(Kind::hold, {}).ok() && l.job->on_hold() == 4);
    l.job->settle(4);  // delivered after all: it is on hold no more
    CHECK(l.job->record_done(4).ok() && l.job->on_hold() == 3);
  }
  CHECK_EQ(orders(), "hshhs 3 bounce");
  {
    Loaded l;
    CHECK(l.job->record_order(Kind::remove, one).ok() && !l.job->has_endings());  // too late for that one
    constexpr uint32_t third[] = {2};
    CHECK(l.job->record_order(Kind::remove, third).ok() && l.job->on_hold() == 2 && l.job->has_endings());
    CHECK(l.job->record_order(Kind::release, third).ok());  // and for this
    CHECK(l.job->bits().order(2) == Order::remove);
    CHECK(l.job->record_removed(2).ok());
  }
  CHECK_EQ(orders(), "hsshs 2 bounce");
  {
    Loaded l;
    CHECK(l.job->record_order(Kind::remove, {}).ok() && !l.job->needs_bounce());
  }
  CHECK_EQ(orders(), "rssrs 0 endings");
}

static void empties_what_is_not_its_own() {
  Trailer t = put_message(3);
  Trailer other = t;
  ++other.arrival;
  Buf state;
  append_state_header(state, other);
  append_state_record(state, other, {Kind::done, 0, {}, {}});
  for (Str content : {state.view(), ""sv, "x"sv, "qm++stat"sv}) {
    put_file("state/0/46", content);
    Loaded l;
    CHECK(l.error == 0 && !l.job->had_state() && l.job->unsettled() == 3);
    CHECK(stat_of("state/0/46").take().st_size == 0);
    CHECK(l.job->record_done(2).ok());
    CHECK(Loaded().job->unsettled() == 2);
  }
}

static void goes_on_behind_the_last_good_record() {
  Trailer t = put_message(3);
  Buf state;
  append_state_header(state, t);
  append_state_record(state, t, {Kind::done, 0, {}, {}});
  append_state_record(state, t, {Kind::done, 77, {}, {}});  // no such recipient
  size_t good = state.size();
  append_state_record(state, t, {Kind::done, 1, {}, {}});
  for (size_t size = good; size < state.size(); ++size) {
    put_file("state/0/46", slice(state, 0, size));
    Loaded l;
    CHECK(l.job->unsettled() == 2);
    CHECK(stat_of("state/0/46").take().st_size == static_cast<off_t>(good));
    CHECK(l.job->record_done(2).ok());
    CHECK(Loaded().job->unsettled() == 1);
  }
}

int main() {
  Scratch scratch;
  for (const char* dir : {"mess", "mess/0", "state", "state/0", "control"}) CHECK(mkdir(dir, 0755) == 0);
  put_file("control/me", "here\n");
  knows_its_message();
  refuses_counts_that_are_wrong();
  reads_a_piece_a_turn();
  remembers_what_became_of_recipients();
  remembers_orders();
  empties_what_is_not_its_own();
  goes_on_behind_the_last_good_record();
  return failures != 0;
}
