// Netstrings, of which QMTP and QMQP are made: the length in decimal, without
// zeros in front, a colon, that many bytes, a comma. They can hold netstrings.
#pragma once
#include "lib/io.h"

// A longer one is refused before a byte of it is read.
inline constexpr uint64_t longest_netstring = 2000000009;

// Bytes that the netstring of so many bytes has around them.
size_t netstring_frame(uint64_t length);

void append_netstring(Buf& out, Str);

// Reads netstrings, one inside another, from a Reader and never past the end of
// the one it is in. Errors: EPROTO (this is no netstring, or it is longer than
// the one around it), EMSGSIZE (above longest_netstring), ECONNRESET (the input
// ended), or that of the read. After an error: not to be used any more.
class NetstringReader {
 public:
  explicit NetstringReader(Reader& in) : in_(in) {}

  // The length of the next one; what is read until end() is inside it.
  Result<uint64_t> begin();
  uint64_t left() const { return left_[depth_]; }  // bytes of it that were not taken

  // Bytes of it that are here, at least one: only while there are some left.
  Result<Str> peek();
  void skip(size_t);

  Result<> end();  // nothing may be left

  // The next one whole, of which at most max bytes are kept in out; of a longer
  // one the rest is skipped. Returns its length.
  Result<uint64_t> read(Buf& out, size_t max);

 private:
  static constexpr size_t most_deep = 2;
  Result<char> take();

  Reader& in_;
  size_t depth_ = 0;
  uint64_t left_[most_deep + 1] = {UINT64_MAX};  // of those around it: without it
};
