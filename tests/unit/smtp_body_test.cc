#include "remote/smtp_body.h"
#include "check.h"

// In pieces of the given size, each into room of exactly what is promised.
static bool encode(Str body, size_t piece, Buf& out) {
  SmtpBody b;
  out.clear();
  for (Str rest = body; !rest.empty(); rest = slice(rest, piece)) {
    Str part = slice(rest, 0, piece);
    char wire[64];
    size_t n = b.encode(part, wire);
    CHECK(n <= SmtpBody::room_for(part.size()));
    out.append(Str(wire, n));
  }
  char wire[4];
  out.append(Str(wire, b.finish(wire)));
  return b.complete();
}

// A strict receiver: lines end with CRLF, neither byte stands alone, a first dot
// is dropped, and a line that is one dot would end the message. Lines come out
// with LF behind each; false: something no body may hold.
static bool decode(Str wire, Buf& out) {
  out.clear();
  while (!wire.empty()) {
    size_t n = wire.find("\r\n");
    if (n == Str::npos) return false;
    Str line = slice(wire, 0, n);
    wire = slice(wire, n + 2);
    if (line.find_first_of("\r\n") != Str::npos || line == ".") return false;
    if (!line.empty() && line[0] == '.') {
      line = slice(line, 1);
      if (line.empty() || line[0] != '.') return false;
    }
    out.add(line, "\n"sv);
  }
  return true;
}

// What the body means: CRLF, LF and CR each end a line.
static bool meaning(Str body, Buf& out) {
  out.clear();
  bool ended = true;
  for (size_t i = 0; i < body.size(); ++i) {
    ended = body[i] == '\r' || body[i] == '\n';
    if (body[i] == '\r' && i + 1 < body.size() && body[i + 1] == '\n') ++i;
    out.push(ended ? '\n' : body[i]);
  }
  return ended;
}

static void check_body(Str body) {
  Buf want, wire, other, got;
  bool ended = meaning(body, want);
  CHECK(encode(body, body.size() + 1, wire) == ended);
  for (size_t piece = 1; piece < body.size(); ++piece) {
    encode(body, piece, other);
    CHECK_EQ(other, wire);
  }
  if (!ended) {
    wire.append("\r\n");
    want.push('\n');
  }
  CHECK(decode(wire, got));
  CHECK_EQ(got, want);
}

int main() {
  // Every body of up to six bytes over all that matters.
  static constexpr char letters[] = {'\r', '\n', '.', '\0', 'a'};
  for (size_t size = 0; size <= 6; ++size) {
    size_t count = 1;
    for (size_t i = 0; i < size; ++i) count *= sizeof letters;
    for (size_t n = 0; n < count; ++n) {
      char body[6];
      for (size_t i = 0, k = n; i < size; ++i, k /= sizeof letters) body[i] = letters[k % sizeof letters];
      check_body(Str(body, size));
    }
  }

  Buf wire;
  CHECK(encode("a\n.\n..b\r\nc\rd\r", 3, wire));
  CHECK_EQ(wire, "a\r\n..\r\n...b\r\nc\r\nd\r\n");
  CHECK(!encode("a\nb", 3, wire));
  CHECK_EQ(wire, "a\r\nb");
  CHECK(encode("", 1, wire));
  CHECK_EQ(wire, "");
  return failures != 0;
}
