#include "lib/json.h"

static unsigned char byte(Str s, size_t at) { return at < s.size() ? static_cast<unsigned char>(s[at]) : 0; }

// The bytes of the character that s, not empty, begins with; 0: of none. The bounds
// of the second byte keep out what is longer than needed, surrogates, and what
// is above U+10FFFF.
static size_t utf8_length(Str s) {
  unsigned char first = byte(s, 0), second = byte(s, 1);
  if (first < 0x80) return 1;
  size_t n = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (n == 0) return 0;
  unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (size_t i = 2; i < n; ++i)
    if ((byte(s, i) & 0xc0) != 0x80) return 0;
  return n;
}

bool is_utf8(Str s) {
  while (!s.empty()) {
    size_t n = utf8_length(s);
    if (n == 0) return false;
    s = slice(s, n);
  }
  return true;
}

void append_json_string(Buf& out, Str s) {
  constexpr Str hex = "0123456789abcdef";
  out.push('"');
  while (!s.empty()) {
    size_t n = utf8_length(s);
    unsigned char c = byte(s, 0);
    if (n == 0) {
      out.append("\\ufffd");
      n = 1;
    } else if (c == '"' || c == '\\') {
      out.push('\\');
      out.push(s[0]);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c < 32 || c == 127) {
      out.append("\\u00");
      out.push(hex[c >> 4]);
      out.push(hex[c & 15]);
    } else if (slice(s, 0, 3) == "\xe2\x80\xa8" || slice(s, 0, 3) == "\xe2\x80\xa9") {
      out.append(s[2] == '\xa8' ? "\\u2028" : "\\u2029");
    } else {
      out.append(slice(s, 0, n));
    }
    s = slice(s, n);
  }
  out.push('"');
}
