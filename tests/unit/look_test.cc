#include "send/look.h"

#include <algorithm>

#include "check.h"
#include "mail/queue_files.h"
#include "scratch.h"

using Verdict = Trigger::Verdict;

static Fd writer;

static Trigger fresh() {
  unlink("lock/trigger");
  CHECK(mkfifo("lock/trigger", 0622) == 0);
  Trigger t;
  CHECK(t.open().ok());
  writer = open_write("lock/trigger").take();
  return t;
}

static void put(Str s) { CHECK(write(writer.get(), s.data(), s.size()) == static_cast<ssize_t>(s.size())); }

// What is found in the FIFO, "look" where a look is due.
static Buf got(Trigger& t) {
  std::vector<uint64_t> ids;
  Verdict v = t.receive(ids);
  Buf out;
  for (uint64_t id : ids) out.add(Num(id), " "sv);
  if (v == Verdict::look) out.append("look");
  return out;
}

static void hears_of_messages() {
  Trigger t = fresh();
  CHECK_EQ(got(t), "");  // does not wait
  put("1795261549000000\n");
  CHECK_EQ(got(t), "1795261549000000 ");
  CHECK_EQ(got(t), "");
  put("1\n22\n18446744073709551615\n");
  CHECK_EQ(got(t), "1 22 18446744073709551615 ");
  writer.close();  // a FIFO without other writers has no end: no endless turns of the loop
  CHECK_EQ(got(t), "");
}

static void puts_lines_together() {
  Str all = "123\n18446744073709551615\n7\n";
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    Trigger t = fresh();
    Buf both;
    for (Str part : {slice(all, 0, cut), slice(all, cut)}) {
      if (part.empty()) continue;
      put(part);
      both.append(got(t));
    }
    CHECK_EQ(both, "123 18446744073709551615 7 ");
  }
}

// Whatever else is in it costs one look and no more.
static void garbage_is_a_reason_to_look() {
  for (Str bad :
       {"\n"sv, "x\n"sv, "0\n"sv, "-1\n"sv, "1 \n"sv, "../mess\n"sv, "18446744073709551616\n"sv, "\0\n"sv, "012\n"sv,
        // and without an end of the line: a NUL is what other versions of qmail-queue write
        "\0"sv, "x"sv, "12x"sv, " "sv, "123456789012345678901"sv}) {
    Trigger t = fresh();
    put(bad);
    CHECK_EQ(got(t), "look");
    put("5\n");
    CHECK_EQ(got(t), "5 ");
  }
  Trigger t = fresh();
  put("1\nx\n2\n");
  CHECK_EQ(got(t), "1 2 look");
}

static void a_crowded_fifo_may_have_lost_hints() {
  Trigger t = fresh();
  int room = fcntl(writer.get(), F_GETPIPE_SZ);
  Buf half;
  while (half.size() + 2 <= static_cast<size_t>(room) / 2) half.append("7\n");
  put(half);
  std::vector<uint64_t> ids;
  Verdict v = Verdict::complete;
  for (int n = 0; n < 10; ++n)
    if (t.receive(ids) == Verdict::look) v = Verdict::look;
  CHECK(v == Verdict::complete && ids.size() == half.size() / 2);

  put(half);
  put("8\n");
  ids.clear();
  CHECK(t.receive(ids) == Verdict::look);
  for (int n = 0; n < 10; ++n) CHECK(t.receive(ids) == Verdict::complete);
  CHECK(ids.size() == half.size() / 2 + 1 && ids.back() == 8);
}

static void looks_at_each_directory_once() {
  CHECK(mkdir("mess", 0755) == 0);
  Buf name;
  std::vector<uint64_t> want;
  for (uint64_t s = 0; s < CONF_SPLIT; ++s) {
    if (s == 5) continue;
    name.set("mess/"sv, Num(s));
    CHECK(mkdir(name.c_str(), 0755) == 0);
    for (uint64_t id = s + CONF_SPLIT; id < 1000; id += CONF_SPLIT * (s + 1)) {
      set_message_name(name, id);
      put_file(name.c_str(), "");
      want.push_back(id);
    }
  }
  put_file("mess/1/46", "");  // belongs in 0
  for (const char* other : {"mess/0/x", "mess/0/046", "mess/0/46.1", "mess/0/-46", "mess/0/0"}) put_file(other, "");

  Look look;
  CHECK(!look.under_way());
  for (int round = 0; round < 2; ++round) {
    look.start();
    std::vector<uint64_t> ids;
    for (uint64_t s = 0; s < CONF_SPLIT; ++s) {
      CHECK(look.under_way() && look.position() == s);
      size_t before = ids.size();
      auto r = look.step(ids);
      CHECK(r.ok() == (s != 5));
      if (!r.ok()) CHECK(r.error().code == ENOENT);
      for (size_t i = before; i < ids.size(); ++i) CHECK(split_of(ids[i]) == s);
    }
    CHECK(!look.under_way());
    std::sort(ids.begin(), ids.end());
    std::sort(want.begin(), want.end());
    CHECK(ids == want);
  }
}

// However often a look is asked for while there is one, that one gets to its end.
static void reasons_that_keep_coming_do_not_keep_it_from_ending() {
  Look look;
  look.start();
  std::vector<uint64_t> ids;
  for (uint64_t s = 0; s < CONF_SPLIT; ++s) {
    CHECK(look.position() == s);
    look.step(ids).ok();
    if (s + 1 < CONF_SPLIT) look.start();
  }
  CHECK(look.under_way() && look.position() == 0);  // and another follows
  for (uint64_t s = 0; s < CONF_SPLIT; ++s) look.step(ids).ok();
  CHECK(!look.under_way());
}

int main() {
  Scratch scratch;
  CHECK(mkdir("lock", 0755) == 0);
  Trigger none;
  CHECK(!none.open().ok());
  hears_of_messages();
  puts_lines_together();
  garbage_is_a_reason_to_look();
  a_crowded_fifo_may_have_lost_hints();
  looks_at_each_directory_once();
  reasons_that_keep_coming_do_not_keep_it_from_ending();
  return failures != 0;
}
