#include "send/cleaner.h"

#include <signal.h>

#include "check.h"
#include "scratch.h"

using Request = Cleaner::Request;

namespace {
// A Cleaner and qmail-clean's ends of its pipes.
struct Ends {
  Cleaner cleaner;
  Fd requests, answers;
  bool open(Str first, bool then_close = false) {
    Pipe to = make_pipe().take(), from = make_pipe().take();
    requests = std::move(to.read);
    answers = std::move(from.write);
    say(first);
    if (then_close) answers.close();
    return cleaner.open(std::move(to.write), std::move(from.read)).ok();
  }
  void say(Str s) { CHECK(write(answers.get(), s.data(), s.size()) == static_cast<ssize_t>(s.size())); }
  Buf heard() {
    Buf b;
    char space[65536];
    ssize_t n = read(requests.get(), space, sizeof space);
    if (n > 0) b.append(Str(space, static_cast<size_t>(n)));
    return b;
  }
};
}  // namespace

static void waits_until_qmail_clean_is_ready() {
  CHECK(Ends().open("+0\0"sv));
  CHECK(!Ends().open("", true));
  CHECK(!Ends().open("+0", true));
  for (Str wrong : {"-0\0"sv, "+1\0"sv, "+\0"sv, "\0"sv, "qmail-clean: fatal\n\0"sv}) CHECK(!Ends().open(wrong));
}

static void sends_requests_and_counts_them() {
  Ends e;
  e.open("+0\0"sv);
  CHECK(e.cleaner.outstanding() == 0 && !e.cleaner.has_requests());
  e.cleaner.request(Request::remove, 46);
  e.cleaner.request(Request::remove_and_sync, 18446744073709551615u);
  e.cleaner.request(Request::put_aside, 1);
  CHECK(e.cleaner.outstanding() == 3 && e.cleaner.has_requests());
  e.cleaner.send_requests();
  CHECK(!e.cleaner.has_requests());
  CHECK_EQ(e.heard(), "done/46\0sync/18446744073709551615\0bad/1\0"sv);

  // More than a pipe holds waits for room.
  size_t sent = 0, total = 0;
  for (uint64_t n = 100000; n < 120000; ++n) {
    e.cleaner.request(Request::remove, n);
    total += 12;
  }
  while (e.cleaner.has_requests()) {
    e.cleaner.send_requests();
    sent += e.heard().size();
  }
  while (sent < total) {
    size_t n = e.heard().size();
    sent += n;
    if (!n) break;
  }
  CHECK(sent == total && e.cleaner.outstanding() == 20003 && !e.cleaner.lost());
}

static void takes_answers_cut_anywhere() {
  Str all = "+46\0!47\0+18446744073709551615\0x0\0+\0"sv;
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    Ends e;
    e.open("+0\0"sv);
    for (int n = 0; n < 6; ++n) e.cleaner.request(Request::remove, 1);
    Buf got;
    for (Str part : {slice(all, 0, cut), slice(all, cut)}) {
      if (part.empty()) continue;
      e.say(part);
      e.cleaner.receive();
      while (auto a = e.cleaner.next_answer()) got.add(a->done ? "+"sv : "-"sv, Num(a->id), " "sv);
    }
    CHECK_EQ(got, "+46 -47 +18446744073709551615 -0 +0 ");
    CHECK(e.cleaner.outstanding() == 1 && !e.cleaner.lost());
  }
}

static void knows_when_qmail_clean_is_gone() {
  Ends e;
  e.open("+0\0"sv);
  e.cleaner.receive();  // nothing there: no end
  CHECK(!e.cleaner.lost());
  e.answers.close();
  e.cleaner.receive();
  CHECK(e.cleaner.lost() && !e.cleaner.next_answer());

  Ends deaf;
  deaf.open("+0\0"sv);
  deaf.requests.close();
  deaf.cleaner.request(Request::remove, 1);
  deaf.cleaner.send_requests();
  CHECK(deaf.cleaner.lost() && !deaf.cleaner.has_requests());

  Ends endless;
  endless.open("+0\0"sv);
  Buf noise;
  while (noise.size() < 65) noise.append("1");
  endless.say(noise);
  endless.cleaner.receive();
  CHECK(!endless.cleaner.next_answer() && endless.cleaner.lost());
}

int main() {
  signal(SIGPIPE, SIG_IGN);
  waits_until_qmail_clean_is_ready();
  sends_requests_and_counts_them();
  takes_answers_cut_anywhere();
  knows_when_qmail_clean_is_gone();
  return failures != 0;
}
