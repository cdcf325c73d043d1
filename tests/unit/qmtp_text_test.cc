#include "smtp/qmtp_text.h"
#include "check.h"

// What the text becomes when it comes in pieces of step bytes, and a ! behind it
// when it must not be taken.
static Buf decode(Str text, size_t step) {
  Buf out;
  auto t = QmtpText::of(text[0]);
  if (!t) {
    out.set("no text"sv);
    return out;
  }
  for (text = slice(text, 1); !text.empty(); text = slice(text, step)) {
    Str in = slice(text, 0, step);
    for (Str piece = t->next(in); !piece.empty(); piece = t->next(in)) out.append(piece);
    CHECK(in.empty());
  }
  if (t->has_forbidden_byte()) out.push('!');
  return out;
}

static void check_text(Str text, Str want) {
  for (size_t step = 1; step < 9; ++step) CHECK_EQ(decode(text, step), want);
}

int main() {
  check_text("\n", "");
  check_text("\na\nb\n", "a\nb\n");
  check_text("\na\n\n\nb", "a\n\n\nb");
  check_text("\n.\n..\n", ".\n..\n");
  check_text("\na\r\nb\r\n", "a\r\nb\r\n");  // lines that end with LF, as they are
  check_text("\na\rb\n", "a\rb\n!");
  check_text("\na\r\rb", "a\r\rb!");
  check_text("\na\r\r\nb\n", "a\r\r\nb\n!");
  check_text("\na\r", "a\r!");
  check_text("\na\0b\n"sv, "a\0b\n!"sv);

  check_text("\r", "");
  check_text("\ra\r\nb\r\n", "a\nb\n");
  check_text("\ra\r\n\r\n\r\nb", "a\n\n\nb");
  check_text("\r\r\n", "\n");
  check_text("\ra\nb\r\n", "a\nb\n!");
  check_text("\r\n", "\n!");
  check_text("\ra\rb\r\n", "ab\n!");
  check_text("\ra\r\r\n", "a\n!");
  check_text("\ra\r", "a!");
  check_text("\ra\0\r\n"sv, "a\0\n!"sv);

  for (int c = 0; c < 256; ++c)
    if (c != '\n' && c != '\r') CHECK(!QmtpText::of(static_cast<char>(c)));
  return failures != 0;
}
