#include "send/host_shares.h"

#include "check.h"

static Job* job(size_t n) { return reinterpret_cast<Job*>(n * 16); }  // never looked into

static void four_fifths_for_one_host() {
  CHECK(share_of(1) == 1);
  size_t at = 2;
  for (uint64_t want : {1u, 2u, 3u, 4u, 4u, 5u, 6u, 7u, 8u, 8u}) CHECK(share_of(at++) == want);
  CHECK(share_of(20) == 16 && share_of(255) == 204);
}

static void counts_by_host_without_case() {
  HostShares s;
  s.begin("B.example");
  s.begin("a.example");
  s.begin("b.EXAMPLE");
  CHECK(s.running("b.example") == 2 && s.running("A.example") == 1);
  CHECK(s.running("b.exampl") == 0 && s.running("b.example.") == 0 && s.running("") == 0);
  CHECK(s.end("b.example", 5).jobs.empty());
  s.end("B.example", 5);
  s.end("b.example", 5);  // one too many
  CHECK(s.running("b.example") == 0 && s.running("a.example") == 1);
}

static void releases_what_has_room() {
  HostShares s;
  Known known[4];
  for (int n = 0; n < 3; ++n) s.begin("x");
  s.begin("y");
  s.hold("x", *job(1));
  for (Known& k : known) s.hold("x", k);
  CHECK(known[0].held && known[3].held && s.held_jobs() == 1);

  CHECK(s.end("y", 9).messages.empty() && known[0].held);  // another host's
  auto r = s.end("x", 2);                                  // two still run: no room
  CHECK(r.jobs.empty() && r.messages.empty());
  s.begin("x");
  r = s.end("x", 4);  // of two places the job gets one, a message the other
  CHECK(r.jobs.size() == 1 && r.jobs[0] == job(1) && s.held_jobs() == 0);
  CHECK(r.messages.size() == 1 && r.messages[0] == &known[0] && !known[0].held && known[1].held);
  s.begin("x");
  r = s.end("x", 3);
  CHECK(r.messages.size() == 1 && r.messages[0] == &known[1]);
  s.end("x", 0);
  r = s.end("x", 0);  // the last: nothing would come to release the rest, whatever the share
  CHECK(r.messages.size() == 2 && !known[2].held && !known[3].held && s.running("x") == 0);
}

static void first_come_first_served() {
  HostShares s;
  for (int n = 0; n < 4; ++n) s.begin("x");
  for (size_t n = 1; n <= 5; ++n) s.hold("x", *job(n));
  auto r = s.end("x", 5);
  CHECK(r.jobs.size() == 2 && r.jobs[0] == job(1) && r.jobs[1] == job(2) && s.held_jobs() == 3);
  s.begin("x");
  r = s.end("x", 4);
  CHECK(r.jobs.size() == 1 && r.jobs[0] == job(3));
  s.end("x", 0);
  s.end("x", 0);
  r = s.end("x", 0);
  CHECK(r.jobs.size() == 2 && r.jobs[0] == job(4) && r.jobs[1] == job(5) && s.held_jobs() == 0);
}

static void forgets_what_is_removed() {
  HostShares s;
  Known known[3];
  s.begin("x");
  for (Known& k : known) s.hold("x", k);
  s.hold("x", *job(1));
  s.hold("x", *job(2));
  s.remove(known[1]);
  s.remove(*job(1));
  CHECK(!known[1].held && s.held_jobs() == 1);
  auto r = s.end("x", 1);
  CHECK(r.messages.size() == 2 && r.messages[0] == &known[0] && r.messages[1] == &known[2]);
  CHECK(r.jobs.size() == 1 && r.jobs[0] == job(2) && s.held_jobs() == 0);
}

int main() {
  four_fifths_for_one_host();
  counts_by_host_without_case();
  releases_what_has_room();
  first_come_first_served();
  forgets_what_is_removed();
  return failures != 0;
}
