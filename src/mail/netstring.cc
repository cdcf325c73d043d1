#include "mail/netstring.h"

size_t netstring_frame(uint64_t length) { return Str(Num(length)).size() + 2; }

void append_netstring(Buf& out, Str s) { out.add(Num(s.size()), ":"sv, s, ","sv); }

Result<char> NetstringReader::take() {
  if (left() == 0) return Err{EPROTO};
  char c = TRY(peek())[0];
  skip(1);
  return c;
}

Result<uint64_t> NetstringReader::begin() {
  if (depth_ == most_deep) return Err{EPROTO};
  uint64_t length = 0;
  for (bool first = true;; first = false) {
    char c = TRY(take());
    if (c == ':' && !first) break;
    if (!is_digit(c) || (!first && length == 0)) return Err{EPROTO};
    if (length > longest_netstring / 10) return Err{EMSGSIZE};
    length = length * 10 + static_cast<uint64_t>(c - '0');
  }
  if (left() <= length) return Err{EPROTO};  // with its comma
  if (depth_ > 0) left_[depth_] -= length + 1;
  left_[++depth_] = length;
  return length;
}

Result<Str> NetstringReader::peek() {
  Str ready = TRY(in_.peek());
  if (ready.empty()) return Err{ECONNRESET};
  return slice(ready, 0, left() < ready.size() ? static_cast<size_t>(left()) : ready.size());
}

void NetstringReader::skip(size_t n) {
  in_.skip(n);
  if (depth_ > 0) left_[depth_] -= n;
}

Result<> NetstringReader::end() {
  if (depth_ == 0 || left() != 0) return Err{EPROTO};
  --depth_;
  Str ready = TRY(in_.peek());
  if (ready.empty()) return Err{ECONNRESET};
  if (ready[0] != ',') return Err{EPROTO};
  in_.skip(1);
  return {};
}

Result<uint64_t> NetstringReader::read(Buf& out, size_t max) {
  out.clear();
  uint64_t length = TRY(begin());
  while (left() > 0) {
    Str piece = TRY(peek());
    if (!out.try_append(slice(piece, 0, max - out.size()))) return Err{ENOMEM};
    skip(piece.size());
  }
  TRY(end());
  return length;
}
