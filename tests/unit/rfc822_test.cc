#include "mail/rfc822.h"

#include "check.h"

// Tokens as one letter for the kind and the text between bars; "malformed".
static Buf tokens(Str text) {
  Buf out;
  auto found = Tokens::scan(text);
  if (!found) return std::move(out.set("malformed"));
  for (const Token& t : found->all())
    if (t.kind >= Token::Kind::dot)
      out.push(".,@<>:;"[static_cast<size_t>(t.kind) - static_cast<size_t>(Token::Kind::dot)]);
    else
      out.add(slice("aqlc", static_cast<size_t>(t.kind), 1), "|", t.text, "|");
  return out;
}

// The list as it is written, behind "To:".
static Buf written(Str text, Groups groups = Groups::named, size_t width = SIZE_MAX) {
  Buf out;
  auto found = Tokens::scan(text);
  if (!found) return std::move(out.set("malformed"));
  auto list = parse_address_list(found->all(), groups);
  if (!list) return std::move(out.set("no list"));
  out.set("To:");
  TokenWriter writer(out, 3, width);
  writer.put(list->tokens);
  writer.finish();
  return out;
}

// The addresses from right to left, without quotes, each with a bar behind it.
static Buf plain(Str text, Groups groups = Groups::named) {
  Buf out;
  auto found = Tokens::scan(text);
  if (!found) return std::move(out.set("malformed"));
  auto list = parse_address_list(found->all(), groups);
  if (!list) return std::move(out.set("no list"));
  for (size_t i = list->addresses.size(); i-- > 0;) {
    append_plain(out, list->address(list->addresses[i]));
    out.push('|');
  }
  return out;
}

static void test_tokens() {
  CHECK_EQ(tokens(""), "");
  CHECK_EQ(tokens(" \t\r\n"), "");
  CHECK_EQ(tokens("joe"), "a|joe|");
  CHECK_EQ(tokens("a.b@c"), "a|a|.a|b|@a|c|");
  CHECK_EQ(tokens(".,@<>:;"), ".,@<>:;");
  CHECK_EQ(tokens("a b\tc\nd"), "a|a|a|b|a|c|a|d|");
  CHECK_EQ(tokens("\"a b\"c"), "q|a b|a|c|");
  CHECK_EQ(tokens("\"a\\\"b\\\\\""), "q|a\"b\\|");
  CHECK_EQ(tokens("\"\""), "q||");
  CHECK_EQ(tokens("[1.2.3.4]"), "l|1.2.3.4|");
  CHECK_EQ(tokens("[]"), "l||");
  CHECK_EQ(tokens("[a[b]"), "l|a[b|");
  CHECK_EQ(tokens("(a (b) c)"), "c|a (b) c|");
  CHECK_EQ(tokens("(a \\) \\( c)"), "c|a ) ( c|");
  CHECK_EQ(tokens("(a)(b)"), "c|a|c|b|");
  CHECK_EQ(tokens("(\")"), "c|\"|");
  CHECK_EQ(tokens("\"(\""), "q|(|");
  CHECK_EQ(tokens("a\\ b"), "a|a b|");
  CHECK_EQ(tokens("\\joe"), "a|joe|");
  CHECK_EQ(tokens("a\\\\"), "a|a\\|");
  CHECK_EQ(tokens("a)b"), "a|a)b|");  // only at the start of a token
  CHECK_EQ(tokens("a]b"), "a|a]b|");
  CHECK_EQ(tokens("a(b)c\"d\"e[f]g"), "a|a|c|b|a|c|q|d|a|e|l|f|a|g|");
  CHECK_EQ(tokens("\xe4\xff@\x80"), "a|\xe4\xff|@a|\x80|");
  CHECK_EQ(tokens("\x01"), "a|\x01|");

  for (Str bad : {"(", "(a", "((a)", "(a\\)", "\"", "\"a", "\"a\\\"", "[",   "[a",   "[a\\]",
                  ")", "]",  "a )",  "a ]",   "\\", "a\\", "a@\"b",   "(\\", "\"\\", "[\\"})
    CHECK_EQ(tokens(bad), "malformed");
  CHECK_EQ(tokens("a\0b"sv), "malformed");
  CHECK_EQ(tokens("(\0)"sv), "malformed");

  // The folding of a header is no part of a string; a line end without a blank is.
  CHECK_EQ(tokens("\"a\n b\""), "q|a b|");
  CHECK_EQ(tokens("\"a\r\n\tb\""), "q|a\tb|");
  CHECK_EQ(tokens("(a\n b)"), "c|a b|");
  CHECK_EQ(tokens("\"a\nb\""), "q|a\nb|");
  CHECK_EQ(tokens("\"a\\\n b\""), "q|a\n b|");
  CHECK_EQ(tokens("\"a\n"), "malformed");
}

static void test_lists() {
  CHECK_EQ(plain(""), "");
  CHECK_EQ(written(""), "To:");
  CHECK_EQ(plain("a@b, c@d"), "c@d|a@b|");
  CHECK_EQ(written("a@b,c@d"), "To: a@b, c@d");
  CHECK_EQ(written(" a . b @ c "), "To: a.b@c");
  CHECK_EQ(written("a,,b,"), "To: a, , b,");
  CHECK_EQ(plain(",a,,b,"), "b|a|");

  CHECK_EQ(written("joe, \"B C\" <bob@host>, grp: a@x, b@y.z;, Foo Bar <@r1,@r2:x@h> (comment)"),
           "To: joe, \"B C\" <bob@host>, grp: a@x, b@y.z;, Foo Bar <@r1, @r2: x@h>(comment)");
  CHECK_EQ(plain("joe, \"B C\" <bob@host>, grp: a@x, b@y.z;, Foo Bar <@r1,@r2:x@h> (comment)"),
           "@r1,@r2:x@h|b@y.z|a@x|bob@host|joe|");
  CHECK_EQ(written("(c) a.b@c"), "To: a.b@c (c)");
  CHECK_EQ(written("a (x) . b @ (y (z)) c"), "To: a.b@c (x) (y \\(z\\))");
  CHECK_EQ(written("(only)"), "To: (only)");
  CHECK_EQ(plain("(only)"), "");
  CHECK_EQ(written("(1) a@b (2) c@d (3)"), "To: a@b (1), c@d (2) (3)");
  CHECK_EQ(written("Foo (x) Bar <a@b>"), "To: Foo (x) Bar <a@b>");
  CHECK_EQ(written("<a (x) @b>"), "To: <a@b (x)>");
  CHECK_EQ(plain("<a (x) @b>"), "a@b|");

  // A comma between addresses that have none.
  CHECK_EQ(written("a@b c@d"), "To: a@b, c@d");
  CHECK_EQ(written("joe bob"), "To: joe, bob");
  CHECK_EQ(plain("joe \"b c\""), "b c|joe|");
  CHECK_EQ(written("<a@b> <c@d>"), "To: <a@b>, <c@d>");
  CHECK_EQ(written("<a@b> c@d"), "To: <a@b>, c@d");
  CHECK_EQ(written("Joe <a@b> Bob <c@d>"), "To: Joe <a@b>, Bob <c@d>");
  CHECK_EQ(written("grp: a; b@c"), "To: grp: a;, b@c");
  CHECK_EQ(written("a, x: b; y: c;"), "To: a, x: b;, y: c;");
  CHECK_EQ(written("<a@b> grp: c;"), "To: <a@b>, grp: c;");

  // No line end is written: "> or )" behind it would be no field, or one.
  CHECK_EQ(written("a\\\n <b@c>"), "To: \"a \" <b@c>");
  CHECK_EQ(written("a\\\r\n <b@c>"), "To: \"a \" <b@c>");
  CHECK_EQ(written("b@c (a\\\n d)"), "To: b@c (a  d)");
  CHECK_EQ(written("\"X\nBcc: y\" <b@c>"), "To: \"X Bcc: y\" <b@c>");

  // Empty addresses, groups, names like addresses.
  CHECK_EQ(written("<>"), "To: <>");
  CHECK_EQ(plain("<>"), "|");
  CHECK_EQ(written("recipient list not shown: ;"), "To: recipient list not shown: ;");
  CHECK_EQ(plain("recipient list not shown: ;"), "");
  CHECK_EQ(plain("joe@b.c <joe@b.c>"), "joe@b.c|");
  CHECK_EQ(written("joe@b.c <joe@b.c>"), "To: joe@b.c <joe@b.c>");
  CHECK_EQ(plain("J. Random <a@b>"), "a@b|");
  CHECK_EQ(plain("a@b; c@d"), "c@d|a@b|");
  CHECK_EQ(plain("g: Joe <a@b>, c;"), "c|a@b|");

  // Envelope form.
  CHECK_EQ(plain("\"a b\"@c"), "a b@c|");
  CHECK_EQ(plain("\"a\\\"b\".c@[1.2.3.4]"), "a\"b.c@[1.2.3.4]|");
  CHECK_EQ(plain("#@[]"), "#@[]|");
  CHECK_EQ(plain("<@r,@s:@t:x@y>"), "@r,@s:@t:x@y|");

  for (Str bad : {"a; b; c",    "a: b",        ": a",   "a: b, c",  "a>",         ">",         "a <b",
                  "<",          "<a",          "<a>>",  "<a;b>",    "<a,b@c>",    "<a:b>",     "<@r:x,y@h>",
                  "<@r:x:y@h>", "<@r:@s:x,y>", "<<a>>", "g: a: b;", "\"a\nb\"@c", "\"a\rb\"@c"})
    CHECK_EQ(plain(bad), "no list");

  CHECK_EQ(plain("grp: a, b;", Groups::separators), "b|a|grp|");
  CHECK_EQ(plain("a: b", Groups::separators), "b|a|");
  CHECK_EQ(plain("a; b; c", Groups::separators), "c|b|a|");
}

static void test_writing() {
  CHECK_EQ(written("\"a\\\"b\\\\(c)[d]\" <e@f>"), "To: \"a\\\"b\\\\\\(c\\)\\[d\\]\" <e@f>");
  CHECK_EQ(written("a\\ b@c"), "To: \"a b\"@c");
  CHECK_EQ(written("a\\,b@c"), "To: \"a,b\"@c");
  CHECK_EQ(written("\\\"@c"), "To: \"\\\"\"@c");
  CHECK_EQ(written("\xe4@c"), "To: \"\xe4\"@c");
  CHECK_EQ(written("\x1f@c"), "To: \"\x1f\"@c");
  CHECK_EQ(written("~@c"), "To: ~@c");
  CHECK_EQ(written("a)b@c"), "To: \"a\\)b\"@c");
  CHECK_EQ(written("a]b@c"), "To: \"a\\]b\"@c");
  CHECK_EQ(written("a@[1.2]"), "To: a@[1.2]");
  CHECK_EQ(written("(a\\\\b)"), "To: (a\\\\b)");

  // A line may have the width and not a column more, its comma counted.
  CHECK_EQ(written("aaa, bbb, ccc", Groups::named, 12), "To: aaa,\n  bbb, ccc");
  CHECK_EQ(written("aaa, bbb, ccc", Groups::named, 13), "To: aaa, bbb,\n  ccc");
  CHECK_EQ(written("aaa, bbb, ccc", Groups::named, 16), "To: aaa, bbb,\n  ccc");
  CHECK_EQ(written("aaa, bbb, ccc", Groups::named, 17), "To: aaa, bbb, ccc");
  CHECK_EQ(written("aaa, bbb, ccc", Groups::named, 0), "To: aaa,\n  bbb,\n  ccc");
  CHECK_EQ(written("aaa,", Groups::named, 0), "To: aaa,");
  CHECK_EQ(written("aaa, bbb (c) <d@e>", Groups::named, 9), "To: aaa,\n  bbb (c) <d@e>");
}

// What is written reads the same again; nothing cut off anywhere crashes.
static void test_stability() {
  Str field =
      "joe, \"B \\\"C\" (x (y) \\) z) <bob@host+>, grp: a@x, <b@y.z>;, Foo Bar <@r1,@r2:x@[1.2.3.4]> (comment)\n"
      " \xc3\xa4 q\\,r . s @ t, <>, #@[]";
  CHECK(plain(field).view() != "no list");
  for (size_t n = 0; n <= field.size(); ++n) {
    Buf first = written(slice(field, 0, n)), last = written(slice(field, n));
    for (const Buf* w : {&first, &last})
      if (w->view().starts_with("To:")) CHECK_EQ(written(slice(*w, 3)), *w);
  }
}

static void test_large() {
  Buf text;
  for (int i = 0; i < 200000; ++i) text.append("joe.user@host.example,");
  auto found = Tokens::scan(text);
  auto list = parse_address_list(found->all());
  CHECK(list && list->addresses.size() == 200000);
  for (Str opening : {"(", "<", "\"", "[", "\\", "a(", ";", ":", "a:;", "a;,"}) {
    text.clear();
    for (int i = 0; i < 100000; ++i) text.append(opening);
    plain(text);
  }
}

int main() {
  test_tokens();
  test_lists();
  test_writing();
  test_stability();
  test_large();
  return failures != 0;
}
