// Views of bytes somebody else owns. Never store one past its owner, and never
// hand one to a system call: there may be no NUL behind it.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

using Str = std::string_view;
using namespace std::literals::string_view_literals;

// Bytes [from, from+n) of s, cut to what is there: never out of range.
constexpr Str slice(Str s, size_t from, size_t n = Str::npos) {
  if (from > s.size()) from = s.size();
  return {s.data() + from, n < s.size() - from ? n : s.size() - from};
}

// Cuts off and returns what stands before the first sep; s keeps what follows.
constexpr Str take_until(Str& s, char sep) {
  size_t at = s.find(sep);
  Str head = slice(s, 0, at);
  s = at == Str::npos ? Str() : slice(s, at + 1);
  return head;
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr Str trim_right(Str s) {
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}
constexpr Str trim_left(Str s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  return s;
}

// ASCII only, whatever the locale: mail names are not text.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Order of a and b with ASCII case ignored: below, at or above zero.
constexpr int compare_nocase(Str a, Str b) {
  size_t n = a.size() < b.size() ? a.size() : b.size();
  for (size_t i = 0; i < n; ++i) {
    int d = static_cast<unsigned char>(lower(a[i])) - static_cast<unsigned char>(lower(b[i]));
    if (d) return d;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size();
}
constexpr bool same_nocase(Str a, Str b) { return a.size() == b.size() && compare_nocase(a, b) == 0; }
constexpr bool starts_nocase(Str s, Str head) { return same_nocase(slice(s, 0, head.size()), head); }

// The decimal number s begins with, cut off s; nothing when there is no digit
// or the number does not fit, and s is then unchanged.
constexpr std::optional<uint64_t> take_u64(Str& s) {
  uint64_t u = 0;
  size_t n = 0;
  for (; n < s.size() && is_digit(s[n]); ++n) {
    auto digit = static_cast<uint64_t>(s[n] - '0');
    if (__builtin_mul_overflow(u, uint64_t{10}, &u) || __builtin_add_overflow(u, digit, &u)) return {};
  }
  if (n == 0) return {};
  s = slice(s, n);
  return u;
}

// All of s as a decimal number that fits, or nothing.
constexpr std::optional<uint64_t> scan_u64(Str s) {
  auto u = take_u64(s);
  return s.empty() ? u : std::nullopt;
}

// As scan_u64, up to and including max.
constexpr std::optional<uint64_t> scan_u64(Str s, uint64_t max) {
  auto u = scan_u64(s);
  return u && *u <= max ? u : std::nullopt;
}
