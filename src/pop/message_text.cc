#include "pop/message_text.h"

Result<bool> MessageText::put(Str bytes) {
  while (!bytes.empty()) {
    if (at_start_) {
      if (!in_header_ && left_ == 0) return false;
      if (bytes[0] == '.') TRY(out_.put("."));
      at_start_ = false;
      is_empty_ = true;
    }
    size_t lf = bytes.find('\n');
    Str part = slice(bytes, 0, lf);
    if (!part.empty()) is_empty_ = false;
    TRY(out_.put(part));
    if (lf == Str::npos) return true;
    TRY(out_.put("\r\n"));
    if (!in_header_ && left_) --*left_;
    if (is_empty_) in_header_ = false;
    at_start_ = true;
    bytes = slice(bytes, lf + 1);
  }
  return true;
}

Result<> MessageText::end() {
  if (!at_start_) TRY(out_.put("\r\n"));
  return out_.put("\r\n.\r\n");
}
