#include "mail/commands.h"

#include "check.h"

// Input that arrives in pieces of a given size.
static Str source;
static size_t piece;
static ssize_t give(int, char* space, size_t n, const void*) {
  Str part = slice(source, 0, piece < n ? piece : n);
  source = slice(source, part.size());
  for (size_t i = 0; i < part.size(); ++i) space[i] = part[i];
  return static_cast<ssize_t>(part.size());
}

// What all of text is read as: "verb|argument;" for each command, "!form;" for a
// bad one, "." at the end.
static Buf read_all_of(Str text, size_t step, LineEnd ends) {
  source = text;
  piece = step;
  static char space[64];
  Reader in(-1, space, nullptr, give);
  Buf line, out;
  for (;;) {
    auto result = read_command(in, line, ends);
    auto request = result.take();
    if (!request) break;
    switch (request->form) {
      case Request::Form::good: out.add(request->verb, "|", request->argument, ";"); break;
      case Request::Form::too_long: out.add("!long;"); break;
      case Request::Form::forbidden_byte: out.add("!byte;"); break;
      case Request::Form::bare_lf: out.add("!lf;"); break;
    }
  }
  out.add(".");
  return out;
}

static void expect(Str text, Str want, LineEnd ends = LineEnd::crlf) {
  for (size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{63}, size_t{64}})
    CHECK_EQ(read_all_of(text, step, ends), want);
}

int main() {
  expect("", ".");
  expect("NOOP\r\n", "NOOP|;.");
  expect("MAIL  FROM:<a b>  \r\nx y z\r\n", "MAIL|FROM:<a b>  ;x|y z;.");
  expect("\r\n \r\n a\r\n", "|;|;|a;.");
  expect("a\tb\r\n", "a\tb|;.");     // only a space ends the verb
  expect("NOOP\r\nQUI", "NOOP|;.");  // a part of a line is no command
  expect("NOOP\r\nQUIT\r", "NOOP|;.");
  expect("\xff\r\n", "\xff|;.");

  expect("NOOP\n", "!lf;.");
  expect("\n\r\n", "!lf;|;.");
  expect("a\rb\r\nc\r\n", "!byte;c|;.");
  expect("a\r\r\nc\r\n", "!byte;c|;.");
  expect("a\0\r\nc\r\n"sv, "!byte;c|;.");

  expect("NOOP\nQUIT x\r\n\n", "NOOP|;QUIT|x;|;.", LineEnd::crlf_or_lf);
  expect("a\rb\nc\r\r\n", "!byte;!byte;.", LineEnd::crlf_or_lf);
  expect("a\0\n"sv, "!byte;.", LineEnd::crlf_or_lf);

  // The longest command passes, one more byte does not; what follows does.
  for (size_t n : {longest_command - 1, longest_command, longest_command + 1, longest_command + 2, 3 * longest_command})
    for (LineEnd ends : {LineEnd::crlf, LineEnd::crlf_or_lf})
      for (Str end : {"\r\n"sv, "\n"sv, "\r\r\n"sv}) {
        Buf text, want;
        for (size_t i = 0; i < n; ++i) text.push('v');
        if (end == "\n" && ends == LineEnd::crlf)
          want.set("!lf;");
        else if (n > longest_command)
          want.set("!long;");
        else if (end == "\r\r\n")
          want.set(n == longest_command ? "!long;" : "!byte;");
        else
          want.set(text, "|;");
        want.add("b|;.");
        text.add(end, "b\r\n");
        CHECK_EQ(read_all_of(text, 64, ends), want);
      }

  static constexpr Verb<int> table[] = {{"ONE", 1}, {"ONEMORE", 2}};
  CHECK(find_verb(table, "one")->handler == 1);
  CHECK(find_verb(table, "OneMore")->handler == 2);
  CHECK(!find_verb(table, "on"));
  CHECK(!find_verb(table, ""));
  return failures != 0;
}
