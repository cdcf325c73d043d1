#include "send/spawner_link.h"

#include <signal.h>

#include "check.h"
#include "lib/bytes.h"
#include "scratch.h"

using Got = SpawnerLink::Got;
static Job* const job = reinterpret_cast<Job*>(0x1000);  // never looked into

namespace {
// A link and the spawner's ends of its pipes.
struct Ends {
  SpawnerLink link{Channel::remote};
  Fd commands, reports;

  // Whether the link takes what the spawner says first.
  bool open(Str first, bool then_close = false) {
    Pipe to = make_pipe().take(), from = make_pipe().take();
    commands = std::move(to.read);
    reports = std::move(from.write);
    say(first);
    if (then_close) reports.close();
    return link.open(std::move(to.write), std::move(from.read)).ok();
  }
  void say(Str s) { CHECK(write(reports.get(), s.data(), s.size()) == static_cast<ssize_t>(s.size())); }
  Buf heard() {
    link.send_commands();
    Buf b;
    char space[65536];
    ssize_t n = read(commands.get(), space, sizeof space);
    if (n > 0) b.append(Str(space, static_cast<size_t>(n)));
    return b;
  }
};
}  // namespace

static Buf le(uint32_t n) {
  Buf b;
  append_le(b, n);
  return b;
}

static Buf report_of(uint32_t number, Str text) {
  Buf b;
  append_le(b, number);
  b.add(text, "\0"sv);
  return b;
}

static void start(SpawnerLink& link, std::initializer_list<Str> recipients, uint64_t first_log_number = 1) {
  std::vector<SpawnerLink::Outgoing> out;
  for (Str r : recipients) {
    Attempt d;
    d.job = job;
    d.log_number = first_log_number++;
    Buf address;
    address.set(r);
    out.push_back({std::move(address), std::move(d)});
  }
  link.start("3/49", "s@x", "y", out);
}

static void begins_with_the_limit() {
  CHECK(Ends().open(le(1)));
  CHECK(Ends().open(le(65535)));
  CHECK(!Ends().open(le(0)));
  CHECK(!Ends().open(le(65536)));
  CHECK(!Ends().open("\x78\0\0"sv, true));
  CHECK(!Ends().open("", true));
  Ends e;
  CHECK(e.open(le(2000)) && e.link.limit() == 2000 && e.link.running() == 0);
}

static void writes_commands() {
  Ends e;
  e.open(le(5));
  CHECK(!e.link.has_commands());
  start(e.link, {"a@y"});
  CHECK(e.link.has_commands() && e.link.running() == 1);
  CHECK_EQ(e.heard(),
           "\0\0\0\0"
           "3/49\0s@x\0a@y\0\0\0\0\0"sv);
  CHECK(!e.link.has_commands());
  start(e.link, {"b@y", "c@y", "d@y"});
  CHECK(e.link.running() == 2);
  Buf got = e.heard();
  Buf want;
  want.add(
      "\1\0\0\0"
      "3/49\0s@x\0b@y\0\2\0\0\0"sv,
      "\6\0\0\0c@y\0\x0b\0\0\0d@y\0"sv);
  CHECK_EQ(got, want);
}

// A full pipe is no error: the rest goes later.
static void waits_for_room() {
  Ends e;
  e.open(le(1000));
  Buf all;
  constexpr size_t commands = 500, total = commands * (4 + 5 + 4 + 253 + 4);
  for (size_t n = 0; n < commands; ++n) {
    std::vector<SpawnerLink::Outgoing> out(1);
    for (int k = 0; k < 250; ++k) out[0].address.append("a");
    out[0].address.append("@y");
    out[0].delivery.job = job;
    e.link.start("3/49", "s@x", "y", out);
  }
  do all.append(e.heard());
  while (e.link.has_commands());
  CHECK(!e.link.lost());
  while (all.size() < total) {
    size_t before = all.size();
    all.append(e.heard());
    CHECK(all.size() > before);
    if (all.size() == before) return;
  }
  CHECK(all.size() == total);
}

// Cut anywhere, reports come out whole and once.
static void puts_reports_together() {
  Buf all;
  all.add(report_of(0, "Kfine\n").view(), report_of(6, "Zlater").view(), report_of(1, "").view(),
          report_of(11, "D\n").view());
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    Ends e;
    e.open(le(5));
    start(e.link, {"a@y"}, 1);
    start(e.link, {"b@y", "c@y", "d@y"}, 2);
    Buf got;
    SpawnerLink::Report r;
    auto take = [&](Str s) {
      if (s.empty()) return;
      e.say(s);
      e.link.receive();
      for (Got g; (g = e.link.next_report(r)) != Got::nothing;) {
        if (g == Got::out_of_range) got.append("?");
        if (g == Got::report) got.add(Num(r.delivery.log_number), "="sv, r.text.view(), r.ended_host ? "."sv : "|"sv);
        CHECK(r.delivery.job == job);
      }
    };
    take(slice(all, 0, cut));
    take(slice(all, cut));
    CHECK_EQ(got, "1=Kfine\n.3=Zlater|2=|4=D\n.");
    CHECK(e.link.running() == 0 && !e.link.lost());
  }
}

static Got next(Ends& e, uint32_t number, Str text = "K") {
  e.say(report_of(number, text));
  e.link.receive();
  SpawnerLink::Report r;
  Got g = e.link.next_report(r);
  CHECK(e.link.next_report(r) == Got::nothing);
  return g;
}

static void refuses_numbers_that_do_not_run() {
  Ends e;
  e.open(le(5));
  CHECK(next(e, 0) == Got::out_of_range);
  start(e.link, {"a@y", "b@y"});  // 0 and 5
  for (uint32_t n : {1u, 4u, 6u, 10u, 15u, 0x80000000u, 0xffffffffu}) CHECK(next(e, n) == Got::out_of_range);
  CHECK(e.link.running() == 1);
  CHECK(next(e, 5) == Got::report);
  CHECK(next(e, 5) == Got::out_of_range);  // once
  CHECK(e.link.running() == 1);
  CHECK(next(e, 0) == Got::report);
  CHECK(e.link.running() == 0);
  CHECK(next(e, 0) == Got::out_of_range && next(e, 5) == Got::out_of_range);
}

static void uses_numbers_again_and_no_more_than_the_limit() {
  Ends e;
  e.open(le(3));
  for (int n = 0; n < 3; ++n) start(e.link, {"a@y", "b@y"});
  CHECK(e.link.running() == 3);
  e.heard();
  CHECK(next(e, 1) == Got::report && next(e, 4) == Got::report);
  CHECK(e.link.running() == 2);
  start(e.link, {"c@y"});
  Buf command = e.heard();
  CHECK(read_le<uint32_t>(command) == 1);
  CHECK(next(e, 4) == Got::out_of_range);  // of the one before
  for (uint32_t n : {0u, 1u, 2u, 3u, 5u}) CHECK(next(e, n) == Got::report);
  CHECK(e.link.running() == 0);
}

static void cuts_what_is_too_long() {
  for (size_t size : {9999u, 10000u, 10001u, 60000u, 200000u}) {
    Ends e;
    e.open(le(5));
    start(e.link, {"a@y"}, 1);
    start(e.link, {"b@y"}, 2);
    Buf text;
    text.append("K");
    while (text.size() < size) text.push(static_cast<char>('a' + text.size() % 26));
    Buf all = report_of(0, text);
    all.append(report_of(1, "Zshort"));
    std::vector<Buf> texts;
    SpawnerLink::Report r;
    for (Str rest = all; !rest.empty(); rest = slice(rest, 5000)) {
      e.say(slice(rest, 0, 5000));
      e.link.receive();
      for (Got g; (g = e.link.next_report(r)) != Got::nothing;) {
        CHECK(g == Got::report && r.delivery.log_number == texts.size() + 1);
        texts.push_back(std::move(r.text));
        r.text = Buf();
      }
    }
    CHECK(texts.size() == 2);
    if (texts.size() != 2) continue;
    CHECK_EQ(texts[0], slice(text, 0, 10000));
    CHECK_EQ(texts[1], "Zshort");
  }
}

static void notices_the_end() {
  Ends e;
  e.open(le(5));
  e.link.receive();  // nothing there: no end
  CHECK(!e.link.lost());
  start(e.link, {"a@y"});
  e.say(slice(report_of(0, "Khalf"), 0, 7));
  e.reports.close();
  e.link.receive();
  SpawnerLink::Report r;
  CHECK(e.link.next_report(r) == Got::nothing && !e.link.lost());
  e.link.receive();
  CHECK(e.link.lost() && e.link.next_report(r) == Got::nothing && e.link.running() == 1);

  Ends deaf;
  deaf.open(le(5));
  start(deaf.link, {"a@y"});
  deaf.commands.close();
  deaf.link.send_commands();
  CHECK(deaf.link.lost() && !deaf.link.has_commands());
}

int main() {
  signal(SIGPIPE, SIG_IGN);
  begins_with_the_limit();
  writes_commands();
  waits_for_room();
  puts_reports_together();
  refuses_numbers_that_do_not_run();
  uses_numbers_again_and_no_more_than_the_limit();
  cuts_what_is_too_long();
  notices_the_end();
  return failures != 0;
}
