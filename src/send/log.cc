#include "send/log.h"

#include "lib/io.h"

static constexpr size_t enough = 65536;

void append_safe(Buf& out, Str s) {
  for (char c : s) out.push(c == '\n' ? '/' : c < 33 || c > 126 || c == '%' ? '_' : c);
}

void Log::line(std::initializer_list<Str> parts) { line_with(parts, {}); }

void Log::line_with(std::initializer_list<Str> parts, Str foreign) {
  for (Str s : parts) pending_.append(s);
  append_safe(pending_, foreign);
  pending_.push('\n');
  if (pending_.size() > enough) flush();
}

void Log::flush() {
  if (pending_.empty()) return;
  if (!write_all(fd_, pending_).ok()) {
    // The logger is gone; mail goes on.
  }
  pending_.clear();
}
