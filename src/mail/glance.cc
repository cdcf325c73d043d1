#include "mail/glance.h"

#include "mail/field.h"

static constexpr size_t largest_header = 1 << 20;

static Str value_of(Str field) {
  Str value = trim_left(body_of(field));
  if (value.ends_with('\n')) value.remove_suffix(1);
  return trim_right(value);
}

static void set_once(Buf& b, Str s) {
  if (b.empty()) b.set(s);
}

Result<Glance> glance_at(int message, size_t longest_text) {
  static char space[8192];
  Reader in(message, space);
  HeaderReader header(in, largest_header);
  Glance g;
  Buf field, subject;
  for (;;) {
    auto more = header.next(field);
    if (!more.ok() && more.error().code == EFBIG) break;
    if (!more.ok()) return more.error();
    if (!more.take()) break;
    switch (field_of(field)) {
      case Field::return_path: set_once(g.sender, value_of(field)); break;
      case Field::delivered_to: set_once(g.recipient, value_of(field)); break;
      case Field::from: set_once(g.from, slice(field, 0, field.size() - 1)); break;
      case Field::subject: set_once(subject, value_of(field)); break;
      default: break;
    }
  }
  g.text.add(slice(subject, 0, longest_text), "\n"sv, slice(header.rest(), 0, longest_text));
  while (g.text.size() < longest_text) {
    Str piece = TRY(in.peek());
    if (piece.empty()) break;
    piece = slice(piece, 0, longest_text - g.text.size());
    g.text.append(piece);
    in.skip(piece.size());
  }
  g.text.cut(longest_text);
  return g;
}

void append_printable(Buf& out, Str s, char instead) {
  for (char c : s) out.push(c < ' ' || c > '~' ? instead : c);
}
