#include "check.h"
#include "smtp/data.h"
#include "smtp/hops.h"

// What a decoder makes of all of some input.
struct Outcome {
  Buf text;
  char end;  // '.' end, '!' bare LF, '?' more is wanted
  bool forbidden;
  size_t used;
};

static void check_same(const Outcome& got, const Outcome& want, Str input) {
  if (got.text.view() == want.text.view() && got.end == want.end && got.used == want.used &&
      (got.end == '!' || got.forbidden == want.forbidden))
    return;
  Buf shown;
  for (char c : input) shown.add(c == '\r' ? "\\r"sv : c == '\n' ? "\\n"sv : c == 0 ? "\\0"sv : Str(&c, 1));
  warn({"of ", shown, ": got ", Str(&got.end, 1), got.text, ", want ", Str(&want.end, 1), want.text});
  ++failures;
}

// The input cut into two at split (Str::npos: into single bytes).
static Outcome decode(Str input, size_t split, LineEnd ends) {
  Outcome out{{}, '?', false, 0};
  DataDecoder decoder(ends);
  while (!input.empty() && out.end == '?') {
    size_t n = split == Str::npos ? 1 : out.used < split ? split - out.used : input.size();
    Str part = slice(input, 0, n);
    size_t before = part.size();
    DataDecoder::Piece piece = decoder.next(part);
    for (; piece.event == DataDecoder::Event::text; piece = decoder.next(part)) out.text.append(piece.text);
    if (piece.event == DataDecoder::Event::end) out.end = '.';
    if (piece.event == DataDecoder::Event::bare_lf) out.end = '!';
    out.used += before - part.size();
    input = slice(input, before - part.size());
    if (out.end == '?' && !part.empty()) {
      CHECK(part.empty());
      break;
    }
  }
  out.forbidden = decoder.has_forbidden_byte();
  return out;
}

// The same said plainly, a line at a time, of the whole input.
static Outcome model(Str input, LineEnd ends) {
  Outcome out{{}, '?', false, 0};
  size_t line = 0;
  for (size_t i = 0;; ++i) {
    bool at_end = i == input.size();
    bool lf = !at_end && input[i] == '\n';
    bool cr = lf && i > line && input[i - 1] == '\r';
    if (!at_end && !lf) continue;
    Str text = slice(input, line, i - line - cr);
    bool complete = lf && (cr || ends == LineEnd::crlf_or_lf);
    if (complete && text == ".") {
      out.end = '.';
      out.used = i + 1;
      return out;
    }
    if (at_end && text.ends_with('\r')) text.remove_suffix(1);  // it may become an end of line
    if (text.starts_with('.')) text.remove_prefix(1);
    for (char c : text) {
      if (c == '\r' || c == 0) out.forbidden = true;
      if (c != '\r') out.text.push(c);
    }
    out.used = at_end ? i : i + 1;
    if (at_end) return out;
    if (!complete) {
      out.end = '!';
      return out;
    }
    out.text.push('\n');
    line = i + 1;
  }
}

static uint32_t hops(Str text) {
  HopCounter whole, bytes;
  whole.feed(text);
  for (size_t i = 0; i < text.size(); ++i) bytes.feed(slice(text, i, 1));
  CHECK(whole.count() == bytes.count());
  return whole.count();
}

int main() {
  // Every text of up to seven of the bytes that matter, cut at every place.
  constexpr Str alphabet = ".\r\na\0"sv;
  for (size_t length = 0; length <= 7; ++length) {
    char text[7];
    size_t count = 1;
    for (size_t i = 0; i < length; ++i) count *= alphabet.size();
    for (size_t number = 0; number < count; ++number) {
      for (size_t i = 0, rest = number; i < length; ++i, rest /= alphabet.size())
        text[i] = alphabet[rest % alphabet.size()];
      Str input(text, length);
      for (LineEnd ends : {LineEnd::crlf, LineEnd::crlf_or_lf}) {
        Outcome want = model(input, ends);
        check_same(decode(input, Str::npos, ends), want, input);
        for (size_t split = 0; split < length; ++split) check_same(decode(input, split, ends), want, input);
      }
      if (failures > 20) return 1;
    }
  }

  // What others take for the end of a message is none here.
  for (Str text : {"a\r\n.\n"sv, "a\n.\r\n"sv, "a\r.\r"sv, "a\r\n.\r"sv, "a\n.\n"sv, "a\r.\r\n"sv, "a\r\n.\r\r\n"sv,
                   "a\r\n\0.\r\n"sv, "a\r\n.\0\r\n"sv})
    CHECK(decode(text, Str::npos, LineEnd::crlf).end != '.');
  CHECK(decode("a\r\n.\r\n"sv, Str::npos, LineEnd::crlf).end == '.');
  CHECK_EQ(decode("..a\r\n.b\r\n...\r\n.\r\nrest"sv, 3, LineEnd::crlf).text, ".a\nb\n..\n");

  CHECK(hops("") == 0);
  CHECK(hops("Received: x\nreceived\nRECEIVEDLY\nDelivered-To: y\n") == 4);
  CHECK(hops("Receive\n Received: x\nX-Received: x\nDeliver\nDelivere") == 0);
  CHECK(hops("a: b\nDELIVERED\n\nReceived: in the body\n") == 1);
  CHECK(hops("\nReceived: in the body\n") == 0);
  CHECK(hops("deceived\nreceivereceived\n") == 0);
  Buf header;
  for (int i = 0; i < 300; ++i) header.append("Received: x\n");
  CHECK(hops(header) == 300);
  return failures != 0;
}
