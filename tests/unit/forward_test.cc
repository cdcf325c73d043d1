// What .forward files, aliases, lists and databases are read with.
#include "forward/alias_lines.h"
#include "forward/entries.h"
#include "forward/instructions.h"
#include "forward/list.h"
#include "forward/records.h"
#include "forward/text_set.h"

#include "check.h"

static void append_entry(Buf& out, const Entry& e) {
  static constexpr Str kinds[] = {"nothing", "address", "wildcard", "command", "file", "list"};
  if (!out.empty()) out.append(" ");
  out.append(kinds[static_cast<size_t>(e.kind)]);
  if (e.kind != Entry::Kind::nothing) out.add("(", e.full.empty() ? e.text.view() : e.full.view(), ")");
}

static Buf entries_of(Str line) {
  static const AddressRules rules = AddressRules::make("dh", "dd.test", "pd.test").take();
  auto entries = parse_entries(line, rules);
  Buf out;
  if (!entries) return std::move(out.set("malformed"sv));
  for (const Entry& e : *entries) append_entry(out, e);
  return out;
}

static void test_entries() {
  CHECK_EQ(entries_of(""), "");
  CHECK_EQ(entries_of(" (x) ,, "), "");
  CHECK_EQ(entries_of("joe"), "address(joe@dh.dd.test)");
  CHECK_EQ(entries_of("\\joe, \"a b\"@c.d"), "address(joe@dh.dd.test) address(a b@c.d)");
  CHECK_EQ(entries_of("a b c@d <e@f>"), "address(e@f.dd.test)");
  CHECK_EQ(entries_of("<a>, Full Name <b@c>"), "address(a@dh.dd.test) address(b@c.dd.test)");
  CHECK_EQ(entries_of("a:b;c"), "address(a@dh.dd.test) address(b@dh.dd.test) address(c@dh.dd.test)");
  CHECK_EQ(entries_of("<>, \"\", \"\"@x"), "nothing nothing wildcard(@x.dd.test)");
  CHECK_EQ(entries_of("<@r:>, <@r:x>"), "nothing address(x@dh.dd.test)");
  CHECK_EQ(entries_of("@x, @y.z"), "wildcard(@x.dd.test) wildcard(@y.z)");
  CHECK_EQ(entries_of("."), "malformed");
  CHECK_EQ(entries_of("@"), "wildcard(@dh.dd.test)");

  CHECK_EQ(entries_of("/a"), "file(/a)");
  CHECK_EQ(entries_of("/"), "file(/)");
  CHECK_EQ(entries_of("/a@b"), "address(/a@b.dd.test)");
  CHECK_EQ(entries_of("|"), "malformed");
  CHECK_EQ(entries_of("| cat -u"), "malformed");
  CHECK_EQ(entries_of("\"|\""), "command()");
  CHECK_EQ(entries_of("|a b"), "command(a) address(b@dh.dd.test)");
  CHECK_EQ(entries_of("\"|a b\""), "command(a b)");
  CHECK_EQ(entries_of("|\"a b\", |\"c\"d"), "command(a b) command(c) address(d@dh.dd.test)");
  CHECK_EQ(entries_of("\"|\"\"a\""), "command() address(a@dh.dd.test)");
  CHECK_EQ(entries_of("|\"a\"@b"), "address(|a@b.dd.test)");
  CHECK_EQ(entries_of("x |"), "malformed");

  CHECK_EQ(entries_of(":include:/a/b.c"), "list(/a/b.c)");
  CHECK_EQ(entries_of(":INCLUDE: (x) \"a b\""), "list(a b)");
  CHECK_EQ(entries_of(": include :a@b c"), "list(a@b) address(c@dh.dd.test)");
  CHECK_EQ(entries_of("a:include:b,:include:c"), "address(a@dh.dd.test) list(b) list(c)");
  CHECK_EQ(entries_of(":include:"), "list()");
  CHECK_EQ(entries_of(":include:,x"), "list() address(x@dh.dd.test)");
  CHECK_EQ(entries_of(":include::include:x"), "list() list(x)");
  CHECK_EQ(entries_of(":include:\"\""), "list()");
  CHECK_EQ(entries_of("\":include:/a b\", \":include:\""), "list(/a b) list()");
  CHECK_EQ(entries_of("\":include:x\"@y"), "address(:include:x@y.dd.test)");
  CHECK_EQ(entries_of("include:x"), "address(include@dh.dd.test) address(x@dh.dd.test)");

  for (Str bad : {"\"a", "(a", "a\\", "a <b", "a>", ")a", "\"a\nb\""}) CHECK_EQ(entries_of(bad), "malformed");
}

static Buf lines_of(Str text) {
  Buf out;
  AliasLines lines(text);
  for (Str line; lines.next(line);) out.add(Num(lines.number()), "[", line, "]");
  return out;
}

// NUL is none of a header.
static void test_nul() { CHECK_EQ(entries_of("a\0b"sv), "malformed"); }

static void test_alias_lines() {
  CHECK_EQ(lines_of(""), "");
  CHECK_EQ(lines_of("a"), "1[a]");
  CHECK_EQ(lines_of("a\nb\n"), "1[a\n]2[b\n]");
  CHECK_EQ(lines_of("a\n b\n\n\tc\nd"), "1[a\n b\n\n\tc\n]5[d]");
  CHECK_EQ(lines_of("\n\n a\n#x\n y\n\nb"), "3[\n\n a\n]7[b]");
  CHECK_EQ(lines_of("#"), "");
  CHECK_EQ(lines_of("#\n\n"), "");
  CHECK_EQ(lines_of("\n"), "0[\n]");
  CHECK_EQ(lines_of("a\n#"), "1[a\n]");
}

static Buf instructions_of(Str text) {
  using Event = InstructionParser::Event;
  Buf out;
  InstructionParser in;
  for (char c : text) {
    Event e = in.take(c);
    if (e == Event::bad) return std::move(out.add("bad ", Num(in.line()), ": ", in.why()));
    if (e != Event::none) out.add("<", in.target(), "><", in.command(), e == Event::last ? ">;" : ">,");
  }
  if (in.finish() == Event::bad) out.add("open since ", Num(in.start()));
  return out;
}

static void test_instructions() {
  CHECK_EQ(instructions_of(""), "");
  CHECK_EQ(instructions_of(" \n\t#x;\n"), "");
  CHECK_EQ(instructions_of("A b:c D,\ne;"), "<ab><cD>,<ab><e>;");
  CHECK_EQ(instructions_of("a:;b:,;"), "<a><>;<b><>,<b><>;");
  CHECK_EQ(instructions_of(":;"), "<><>;");
  CHECK_EQ(instructions_of("a\\:\\;\\,\\#\\\\\\ \\\n:\\:;"), "<a:;,#\\ \n><:>;");
  CHECK_EQ(instructions_of("a#:b;\n:c;"), "<a><c>;");
  CHECK_EQ(instructions_of("a:b;\n\nc"), "<a><b>;open since 3");
  CHECK_EQ(instructions_of("\n\n:"), "open since 3");
  CHECK_EQ(instructions_of("a:b"), "open since 1");
  CHECK_EQ(instructions_of("a:b,"), "<a><b>,open since 1");
  CHECK_EQ(instructions_of("a:b;\\"), "<a><b>;");
  CHECK_EQ(instructions_of("a\n::"), "bad 2: double colons are not permitted");
  CHECK_EQ(instructions_of("a,"), "bad 1: commas are not permitted before colons");
  CHECK_EQ(instructions_of("a;"), "bad 1: commas are not permitted before colons");
  CHECK_EQ(instructions_of("a\\\0"sv), "bad 1: NUL bytes are not permitted");

  // Every byte is read back as it was printed.
  Buf all, printed, want;
  for (int c = 1; c < 256; ++c) all.push(lower(static_cast<char>(c)));
  append_escaped(printed, all);
  Buf text;
  text.set(printed, ":"sv, printed, ";"sv);
  want.set("<"sv, all, "><"sv, all, ">;"sv);
  CHECK_EQ(instructions_of(text), want);
}

static Buf list_of(Str list) {
  Buf out;
  while (!list.empty()) {
    auto entry = take_entry(list);
    if (!entry) return std::move(out.add("bad"));
    out.add("[", *entry, "]");
  }
  return out;
}

static void test_lists() {
  CHECK_EQ(list_of(""), "");
  CHECK_EQ(list_of("&a\0./b\0/c\0&\0"sv), "[&a][./b][/c][&]");
  for (Str bad : {"&a"sv, "\0"sv, "a\0"sv, "&a\nb\0"sv, "&"sv}) CHECK_EQ(list_of(bad), "bad");
  for (size_t n : {longest_entry - 1, longest_entry}) {
    Buf entry;
    entry.push('&');
    while (entry.size() < n) entry.push('x');
    entry.push('\0');
    CHECK((list_of(entry).view() == "bad") == (n == longest_entry));
    entry.data()[0] = '/';  // names of files may be longer
    CHECK(list_of(entry).view() != "bad");
  }
  Buf out;
  for (Str name : {"a", "./a", ".a", "/a"}) append_list_name(out, name, ".bin");
  CHECK_EQ(out, "./a.bin\0./a.bin\0.a.bin\0/a.bin\0"sv);
}

static void append_record(Buf& out, Str key, Str data) {
  append_le(out, static_cast<uint32_t>(key.size()));
  append_le(out, static_cast<uint32_t>(data.size()));
  out.add(key, data);
}

// The records of a file whose first table stands at end.
static Buf records_of(Str records, uint32_t end) {
  Buf file, out;
  append_le(file, end);
  while (file.size() < 2048) file.push('\0');
  file.append(records);
  RecordWalk walk(file);
  for (;;) {
    auto next = walk.next();
    if (!next.ok()) return std::move(out.add("bad"));
    auto record = next.take();
    if (!record) return out;
    out.add("[", record->key, "=", record->data, "]");
  }
}

static void test_records() {
  Buf two;
  append_record(two, "k", "data");
  append_record(two, "", "");
  auto all = static_cast<uint32_t>(2048 + two.size());
  CHECK_EQ(records_of("", 2048), "");
  CHECK_EQ(records_of(two, all), "[k=data][=]");
  CHECK_EQ(records_of(two, all - 8), "[k=data]");
  CHECK_EQ(records_of(two, 0), "bad");
  CHECK_EQ(records_of(two, 2047), "bad");
  CHECK_EQ(records_of(two, all + 1), "bad");
  for (uint32_t end = all - 1; end > all - 8; --end) CHECK_EQ(records_of(two, end), "[k=data]bad");
  for (uint32_t end = all - 9; end > 2048; --end) CHECK_EQ(records_of(two, end), "bad");
  Buf huge;
  append_le(huge, UINT32_MAX);
  append_le(huge, UINT32_MAX);
  CHECK_EQ(records_of(huge, 2056), "bad");
  RecordWalk none("short");
  CHECK(!none.next().ok());

  Buf key;
  set_key(key, commands_of, "Joe@HOST");
  CHECK_EQ(key, ":joe@host");
}

static void test_text_set() {
  TextSet set;
  CHECK(set.add(""));
  CHECK(!set.add(""));
  Buf text;
  for (int round = 0; round < 2; ++round)
    for (uint64_t i = 0; i < 5000; ++i) CHECK(set.add(text.set("user"sv, Num(i), "@host"sv)) == (round == 0));
}

int main() {
  test_entries();
  test_nul();
  test_alias_lines();
  test_instructions();
  test_lists();
  test_records();
  test_text_set();
  return failures != 0;
}
