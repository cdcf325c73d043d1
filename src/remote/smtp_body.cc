#include "remote/smtp_body.h"

#include <string.h>

static char* put(char* out, Str s) {
  memcpy(out, s.data(), s.size());
  return out + s.size();
}

static size_t line_end(Str s) {
  size_t n = 0;
  while (n < s.size() && s[n] != '\n' && s[n] != '\r') ++n;
  return n;
}

size_t SmtpBody::encode(Str bytes, char* out) {
  char* at = out;
  while (!bytes.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      line_begins_ = true;
      at = put(at, "\r\n");
      if (bytes[0] == '\n') {
        bytes = slice(bytes, 1);
        continue;
      }
    }
    if (line_begins_ && bytes[0] == '.') *at++ = '.';
    Str text = slice(bytes, 0, line_end(bytes));
    at = put(at, text);
    if (!text.empty()) line_begins_ = false;
    bytes = slice(bytes, text.size());
    if (bytes.empty()) break;
    if (bytes[0] == '\r') {
      after_cr_ = true;
    } else {
      at = put(at, "\r\n");
      line_begins_ = true;
    }
    bytes = slice(bytes, 1);
  }
  return static_cast<size_t>(at - out);
}

size_t SmtpBody::finish(char* out) {
  if (!after_cr_) return 0;
  after_cr_ = false;
  line_begins_ = true;
  return static_cast<size_t>(put(out, "\r\n") - out);
}
