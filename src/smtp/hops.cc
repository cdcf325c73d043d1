#include "smtp/hops.h"

static constexpr Str received = "received", delivered = "delivered";

void HopCounter::feed(Str s) {
  while (in_header_ && !s.empty()) {
    char c = s[0];
    if (c == '\n') {
      if (column_ == 0) in_header_ = false;
      column_ = 0;
      received_ = delivered_ = true;
      s.remove_prefix(1);
    } else if (received_ || delivered_) {
      received_ = received_ && lower(c) == received[column_];
      delivered_ = delivered_ && lower(c) == delivered[column_];
      ++column_;
      s.remove_prefix(1);
      if ((received_ && column_ == received.size()) || (delivered_ && column_ == delivered.size())) {
        if (count_ != UINT32_MAX) ++count_;
        received_ = delivered_ = false;
      }
    } else {
      Str line = slice(s, 0, s.find('\n'));
      s.remove_prefix(line.size());
    }
  }
}
