// The parts of qmail-qctl and of its conversation with qmail-send.
#include "check.h"
#include "lib/glob.h"
#include "lib/json.h"
#include "queue/choice.h"
#include "queue/due_times.h"
#include "send/control_request.h"

static void globs() {
  for (Str yes : {"", "*", "**"}) CHECK(matches_glob(yes, ""));
  CHECK(!matches_glob("?", "") && !matches_glob("a", "") && !matches_glob("", "a"));
  CHECK(matches_glob("Abc", "aBC") && !matches_glob("abc", "abcd") && !matches_glob("abcd", "abc"));
  CHECK(matches_glob("a?c", "abc") && matches_glob("a*", "a") && matches_glob("*c", "abc") &&
        matches_glob("a*c", "ac"));
  CHECK(matches_glob("*ab*ab", "xababab") && matches_glob("*a*b*c*", "--a-b-c-") && !matches_glob("*a*b*c", "acb"));
  CHECK(matches_glob("a\\*", "a*") && !matches_glob("a\\*", "ab") && matches_glob("\\\\", "\\"));
  CHECK(matches_glob("a\\", "a\\"));  // nothing behind it: itself
  CHECK(matches_glob("?", "\xff") && matches_glob("*\xff", "a\xff"));
  Buf many, stars;
  for (int n = 0; n < 1000; ++n) many.append("a");
  for (int n = 0; n < 400; ++n) stars.append("a*");
  stars.append("b");
  CHECK(!matches_glob(stars, many));  // and soon
}

static Buf json(Str s) {
  Buf b;
  append_json_string(b, s);
  return b;
}

static void json_strings() {
  CHECK_EQ(json(""), "\"\"");
  CHECK_EQ(json("a\"\\/\n\t\x7f\0"sv), "\"a\\\"\\\\/\\n\\u0009\\u007f\\u0000\"");
  for (Str good : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                   "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    Buf want;
    want.set("\""sv, good, "\""sv);
    CHECK(is_utf8(good));
    CHECK_EQ(json(good), want.view());
  }
  for (Str bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
                  "\xe1\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    CHECK(!is_utf8(bad));
  CHECK_EQ(json("a\xc2z"), "\"a\\ufffdz\"");
  CHECK_EQ(json("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
  CHECK_EQ(json("\xe2\x80\xa8"), "\"\\u2028\"");
}

static void ages() {
  CHECK(scan_age("0") == 0 && scan_age("90") == 90 && scan_age("90s") == 90 && scan_age("2m") == 120);
  CHECK(scan_age("3h") == 10800 && scan_age("1d") == 86400 && scan_age("2w") == 1209600);
  for (Str bad : {"", "d", "1x", "1dd", "-1", "1 d", "1099511627777", "18446744073709551615w", "99999999999999999999"})
    CHECK(!scan_age(bad));
}

static std::optional<Choice> choice(std::initializer_list<const char*> words) {
  std::vector<char*> argv;
  for (const char* w : words) argv.push_back(const_cast<char*>(w));
  return parse_choice(static_cast<int>(argv.size()), argv.data());
}

static void choices() {
  auto c = choice({"hold", "--sender", "a", "--sender=b", "12", "#13", "--json", "--older", "2m", "--", "14"});
  CHECK(c && c->command == Choice::Command::hold && c->json && c->older == 120 && !c->newer && c->is_action());
  CHECK(c->senders.size() == 2 && c->senders[1] == "b" && c->ids == (std::vector<uint64_t>{12, 13, 14}));
  CHECK(!c->chooses_recipients() && choice({"list", "--held"})->chooses_recipients());
  CHECK(choice({"--all", "delete"}) && choice({"list"}) && choice({"delete", "--sender="}));
  CHECK(!choice({}) && !choice({"--all"}) && !choice({"delete"}) && !choice({"delete", "--json"}));
  CHECK(!choice({"lists"}) && !choice({"list", "x"}) && !choice({"list", "012"}) && !choice({"list", "--sender"}));
  CHECK(!choice({"list", "--older", "x"}) && !choice({"list", "--old", "1"}) && !choice({"list", "-h"}));

  CHECK(matches_sender(*c, "B") && !matches_sender(*c, "c") && matches_sender(*choice({"list"}), "c"));
  CHECK(matches_age(*c, 100, 220) && !matches_age(*c, 100, 219));
  auto h = choice({"list", "--host", ".x.example", "--host=y*", "--recipient", "j*"});
  CHECK(matches_recipient(*h, "joe@a.X.example", false) && !matches_recipient(*h, "joe@x.example", false));
  CHECK(matches_recipient(*h, "J@yy", false) && !matches_recipient(*h, "k@yy", false));
  CHECK(!matches_recipient(*choice({"list", "--held"}), "a@b", false));
}

static void requests() {
  using Verb = ControlRequest::Verb;
  auto r = parse_control_request("delete 46 0 7 4294967294");
  CHECK(r && r->verb == Verb::remove && r->ids == std::vector<uint64_t>{46});
  CHECK(r->recipients == (std::vector<uint32_t>{0, 7, 4294967294}));
  r = parse_control_request("due 1 2 3");
  CHECK(r && r->verb == Verb::due && r->ids.size() == 3);
  for (Verb v : {Verb::due, Verb::retry, Verb::hold, Verb::release, Verb::expire, Verb::remove}) {
    Buf text;
    text.set(name_of(v), " 46"sv);
    CHECK(parse_control_request(text)->verb == v);
  }
  for (Str bad : {"", "due", "hold", "hold ", "hold x", "hold 046", "hold 1  2", "hold 1 2x", "retry 1 2",
                  "hold 1 4294967295", " hold 1", "hold\n1", "drop 1"})
    CHECK(!parse_control_request(bad));
}

static void due_times() {
  auto all = parse_due("46 100 - 3 5\n69 - -\n");
  CHECK(all.size() == 2 && all[0].id == 46 && all[0].next[0] == 100 && !all[0].next[1]);
  CHECK(all[0].running == (std::vector<uint32_t>{3, 5}) && all[1].id == 69 && !all[1].next[0] &&
        all[1].running.empty());
  CHECK(parse_due("").empty());
}

int main() {
  globs();
  json_strings();
  ages();
  choices();
  requests();
  due_times();
  return failures != 0;
}
