#include "smtp/reply.h"

// The X.Y.Z of "(#X.Y.Z)", when X is the class wanted.
static std::optional<Str> code_in(Str text, char wanted) {
  size_t at = text.rfind("(#");
  if (at == Str::npos) return {};
  Str code = slice(text, at + 2);
  code = slice(code, 0, code.find(')'));
  Str rest = code;
  auto part = [&rest](char separator) {
    Str digits = separator ? take_until(rest, separator) : rest;
    return digits.size() <= 3 && scan_u64(digits);
  };
  bool good = code.size() >= 5 && code[0] == wanted && code[1] == '.' && part('.') && part('.') && part(0);
  return good ? std::optional(code) : std::nullopt;
}

void reply::append_queue_reply(Buf& out, Str text) {
  bool permanent = !text.empty() && text[0] == 'D';
  text = slice(text, 1);
  Str code = permanent ? code_in(text, '5').value_or("5.3.0") : code_in(text, '4').value_or("4.3.0");
  out.add(permanent ? "554 "sv : "451 "sv, code, " ");
  // A program in qmail-queue's place writes its own text: it must stay one line.
  for (char c : text) out.push(static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c);
}
