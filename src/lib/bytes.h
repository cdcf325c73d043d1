// Numbers in files and pipes of ours: little-endian, fixed width.
#pragma once
#include "lib/buf.h"

template <class T>
void append_le(Buf& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push(static_cast<char>(value >> (8 * i) & 0xff));
}

// The number in the first sizeof(T) bytes of s, which must be there.
template <class T>
constexpr T read_le(Str s) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(T{static_cast<unsigned char>(s[i])} << (8 * i));
  return value;
}

// As read_le, cut off s; nothing, and s unchanged, when s is too short.
template <class T>
constexpr std::optional<T> take_le(Str& s) {
  if (s.size() < sizeof(T)) return {};
  T value = read_le<T>(s);
  s = slice(s, sizeof(T));
  return value;
}
