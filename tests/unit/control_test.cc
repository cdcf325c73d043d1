#include "mail/control.h"

#include "check.h"
#include "scratch.h"

static Control control() { return Control::open(".").take(); }

static Buf line_of(Str file) {
  put_file("control/x", file);
  Buf out;
  out.set("left"sv);
  CHECK(control().line("x", out).take());
  return out;
}

static void the_first_line_without_blanks_at_its_end() {
  CHECK_EQ(line_of("one\ntwo\n"), "one");
  CHECK_EQ(line_of("one"), "one");
  CHECK_EQ(line_of("one \t \n"), "one");
  CHECK_EQ(line_of("  one two\n"), "  one two");
  CHECK_EQ(line_of("one\t"), "one");
  CHECK_EQ(line_of(" \t\nsecond\n"), "");
  CHECK_EQ(line_of("\nsecond\n"), "");
  CHECK_EQ(line_of(""), "");
  CHECK_EQ(line_of("#not a comment here\n"), "#not a comment here");
  CHECK_EQ(line_of("cr\r\n"), "cr\r");
  Buf out;
  CHECK(!control().line("none", out).take());
}

static void me_stands_in() {
  Buf out;
  CHECK(control().line_or_me("none", out, "otherwise").ok());
  CHECK_EQ(out, "otherwise");
  put_file("control/me", "me.test \nx\n");
  CHECK(control().line_or_me("none", out, "otherwise").ok());
  CHECK_EQ(out, "me.test");
  put_file("control/x", "\n");  // there, if empty
  CHECK(control().line_or_me("x", out, "otherwise").ok());
  CHECK_EQ(out, "");
}

static uint64_t number_of(Str file) {
  put_file("control/x", file);
  uint64_t n = 77;
  CHECK(control().number("x", n).ok());
  return n;
}

static void numbers_are_leading_digits() {
  CHECK(number_of("0\n") == 0);
  CHECK(number_of("12\n13\n") == 12);
  CHECK(number_of("007") == 7);
  CHECK(number_of("12 seconds\n") == 12);
  CHECK(number_of("18446744073709551615\n") == UINT64_MAX);
  for (Str none :
       {"", "\n", "x1\n", " 1\n", "-1\n", "+1\n", "\n12\n", "18446744073709551616\n", "99999999999999999999999\n"})
    CHECK(number_of(none) == 77);
  uint64_t n = 77;
  CHECK(control().number("none", n).ok() && n == 77);
}

static void lists_leave_out_comments_and_empty_lines() {
  CHECK(!control().lines("none").take());
  put_file("control/x", "# comment\none \t\n\n \t\n two\n#\nthree # no comment\nlast"sv);
  auto lines = control().lines("x").take();
  CHECK(lines && lines->entries().size() == 4);
  CHECK_EQ(lines->entries()[0], "one");
  CHECK_EQ(lines->entries()[1], " two");
  CHECK_EQ(lines->entries()[2], "three # no comment");
  CHECK_EQ(lines->entries()[3], "last");
  put_file("control/x", "");
  lines = control().lines("x").take();
  CHECK(lines && lines->entries().empty());
}

static void tables_are_found_without_case() {
  put_file("control/x", "b\nA\nlonger\nB\na.b\n");
  auto keys = control().table("x", Table::Form::keys).take();
  CHECK_EQ(keys->find("B")->key, "b");
  CHECK_EQ(keys->find("a")->key, "A");
  CHECK_EQ(keys->find("LONGER")->key, "longer");
  CHECK(!keys->find("") && !keys->find("long") && !keys->find("longer ") && !keys->find("c"));
  CHECK(!keys->find("longest"));

  put_file("control/x", "k:one\nK:two\nempty:\nmany:a:b\nnone\n");
  auto pairs = control().table("x", Table::Form::pairs).take();
  CHECK_EQ(pairs->find("K")->value, "one");
  CHECK_EQ(pairs->find("empty")->value, "");
  CHECK_EQ(pairs->find("many")->value, "a:b");
  CHECK_EQ(pairs->find("none")->value, "");
  CHECK(!pairs->find("k:one"));
  CHECK(pairs->lines().size() == 5);
  CHECK(!control().table("none", Table::Form::keys).take());
}

static void every_key_of_a_long_list_is_found() {
  Buf text;
  Sequence random(8);
  for (uint64_t n = 0; n < 5000; ++n) text.add("Host"sv, Num(random.next()), ".test:"sv, Num(n), "\n"sv);
  put_file("control/x", text);
  auto table = control().table("x", Table::Form::pairs).take();
  random = Sequence(8);
  Buf key;
  for (uint64_t n = 0; n < 5000; ++n) {
    key.set("hOST"sv, Num(random.next()), ".TEST"sv);
    auto m = table->find(key);
    CHECK(m.has_value());
    if (m) CHECK_EQ(m->value, Num(n));
    key.append("x");
    CHECK(!table->find(key));
  }
}

static void trouble_is_no_missing_file() {
  CHECK(mkdir("control/dir", 0755) == 0);
  Buf out;
  uint64_t n = 0;
  auto line = control().line("dir", out);
  CHECK(!line.ok() && line.error().code == EISDIR);
  CHECK(!control().line_or_me("dir", out, "otherwise").ok());
  CHECK(!control().number("dir", n).ok());
  CHECK(!control().lines("dir").ok());
  CHECK(!control().table("dir", Table::Form::pairs).ok());
  CHECK(symlink("loop", "control/loop") == 0);
  CHECK(!control().lines("loop").ok());
  CHECK(!Control::open("none").ok());
  put_file("control/x", "no cdb");
  CHECK(!control().database("x").ok());
  CHECK(!control().database("none").take());
}

int main() {
  Scratch scratch;
  CHECK(mkdir("control", 0755) == 0);
  the_first_line_without_blanks_at_its_end();
  me_stands_in();
  numbers_are_leading_digits();
  lists_leave_out_comments_and_empty_lines();
  tables_are_found_without_case();
  every_key_of_a_long_list_is_found();
  trouble_is_no_missing_file();
  return failures != 0;
}
