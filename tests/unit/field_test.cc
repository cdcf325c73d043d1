#include "mail/field.h"

#include <string.h>

#include "check.h"

struct Source {
  Str left;
  size_t step;  // bytes a read
};
static ssize_t read_source(int, char* space, size_t n, const void* context) {
  auto* source = static_cast<Source*>(const_cast<void*>(context));
  if (n > source->step) n = source->step;
  if (n > source->left.size()) n = source->left.size();
  if (n) memcpy(space, source->left.data(), n);
  source->left = slice(source->left, n);
  return static_cast<ssize_t>(n);
}

// The fields, each behind a bar; then how the header ended: $ with the input, ! by
// an empty line, ? by something else; then the body. "too large" for EFBIG.
static Buf split(Str message, size_t step = 1, size_t max = 100000) {
  Source source{message, step};
  char space[64];
  Reader in(0, space, nullptr, read_source, &source);
  HeaderReader reader(in, max);
  Buf out, field;
  for (;;) {
    auto more = reader.next(field);
    if (!more.ok()) return std::move(out.set(more.error().code == EFBIG ? "too large"sv : "error"sv));
    if (!more.take()) break;
    out.add("|", field);
  }
  out.push("$!?"[static_cast<size_t>(reader.end())]);
  out.append(reader.rest());
  for (;;) {
    Str part = in.peek().take();
    if (part.empty()) return out;
    out.append(part);
    in.skip(part.size());
  }
}

int main() {
  CHECK(name_length("To: a") == 3);
  CHECK(name_length("TO :a") == 4);
  CHECK(name_length("a \t :b") == 5);
  CHECK(name_length("x-!~:") == 5);
  for (Str bad :
       {"", ":", " :", "To", "To a:", " To: a", "\tTo: a", "T\xe4: a", "T\x7f: a", "T\x01: a", "\n", "To\n: a"})
    CHECK(name_length(bad) == 0);
  CHECK(name_length("T\0: a"sv) == 0);

  CHECK(field_of("TO :x") == Field::to);
  CHECK(field_of("message-id:") == Field::message_id);
  CHECK(field_of("Mail-Followup-To: a") == Field::mail_followup_to);
  CHECK(field_of("Notice-Requested-Upon-Delivery-To: a") == Field::notice_requested);
  CHECK(field_of("Toto: a") == Field::other);
  CHECK(field_of("T: a") == Field::other);
  CHECK(field_of("To") == Field::other);
  CHECK(field_of(": a") == Field::other);
  CHECK_EQ(body_of("Subject : a:b\n"), " a:b\n");

  for (size_t step : {1, 3, 64}) {
    CHECK_EQ(split("", step), "$");
    CHECK_EQ(split("\n", step), "!");
    CHECK_EQ(split("\nbody", step), "!body");
    CHECK_EQ(split("A: b\n\nbody\n\n", step), "|A: b\n!body\n\n");
    CHECK_EQ(split("A: b\nC: d\n", step), "|A: b\n|C: d\n$");
    CHECK_EQ(split("A: b", step), "|A: b\n$");
    CHECK_EQ(split("A: b\n c\n\td\nE: f\n\n", step), "|A: b\n c\n\td\n|E: f\n!");
    CHECK_EQ(split("A: b\n \n\nx", step), "|A: b\n \n!x");
    CHECK_EQ(split("A: b\n c", step), "|A: b\n c\n$");
    CHECK_EQ(split("A: b\nno field\nC: d\n", step), "|A: b\n?no field\nC: d\n");
    CHECK_EQ(split("no field", step), "?no field\n");
    CHECK_EQ(split(" first: x\nA: b\n", step), "? first: x\nA: b\n");
    CHECK_EQ(split(": x\n", step), "?: x\n");
    CHECK_EQ(split("From joe Mon\nA: b\nFrom x:y\n z\n\n", step),
             "|MBOX-Line: From joe Mon\n|A: b\n|MBOX-Line: From x:y\n z\n!");
    CHECK_EQ(split("From : joe\n\n", step), "|From : joe\n!");
    CHECK_EQ(split("From: joe\n\n", step), "|From: joe\n!");
    CHECK_EQ(split("A: b\r\n\r\nx", step), "|A: b\r\n?\r\nx");
    CHECK_EQ(split("A: \0b\n\n\0"sv, step), "|A: \0b\n!\0"sv);
  }

  // Limits: of a field, of all of them; a body may begin with any line.
  Buf message;
  message.set("A: ");
  for (int i = 0; i < 100000; ++i) message.push('x');
  CHECK_EQ(split(message, 64, 50000), "too large");
  CHECK(split(message, 64, 100010).size() == message.size() + 3);
  message.clear();
  for (int i = 0; i < 10000; ++i) message.append("A: b\n");
  CHECK_EQ(split(message, 64, 5000), "too large");
  CHECK_EQ(split(message, 64, 50000), "too large");
  CHECK(split(message, 64, 50001).size() == message.size() + 10001);
  message.set("A: b\n");
  for (int i = 0; i < 10000; ++i) message.append(" c\n");
  CHECK_EQ(split(message, 64, 5000), "too large");
  message.set("A: b\n");
  for (int i = 0; i < 100000; ++i) message.push('x');
  Buf body = split(message, 64, 5000);
  CHECK(body.size() == message.size() + 2 && body.view().starts_with("|A: b\n?xxx"));
  return failures != 0;
}
