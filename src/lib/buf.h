// A growable byte string that owns its memory; always NUL-terminated.
#pragma once
#include <utility>

#include "lib/str.h"

class Buf {
 public:
  constexpr Buf() = default;
  Buf(Buf&& other) noexcept
      : s_(std::exchange(other.s_, nullptr)),
        len_(std::exchange(other.len_, 0)),
        room_(std::exchange(other.room_, 0)) {}
  Buf& operator=(Buf&& other) noexcept {
    std::swap(s_, other.s_);
    std::swap(len_, other.len_);
    std::swap(room_, other.room_);
    return *this;
  }
  Buf(const Buf&) = delete;
  Buf& operator=(const Buf&) = delete;
  ~Buf();

  void clear() { cut(0); }
  void cut(size_t n) {
    if (n < len_) s_[len_ = n] = 0;
  }
  void drop_front(size_t n);  // forgets the first n bytes
  void push(char c) { append(Str(&c, 1)); }
  void append(Str);  // out of memory ends the program
  void append_number(uint64_t);
  void append_padded(uint64_t, size_t width);  // with zeros in front
  [[nodiscard]] bool try_append(Str);
  [[nodiscard]] bool try_reserve(size_t more);

  // Appends several parts; set replaces what was there. No part may point into
  // this Buf.
  template <class... Parts>
  Buf& add(const Parts&... parts) {
    (append(parts), ...);
    return *this;
  }
  template <class... Parts>
  Buf& set(const Parts&... parts) {
    clear();
    return add(parts...);
  }

  operator Str() const { return view(); }
  Str view() const { return {c_str(), len_}; }
  const char* c_str() const { return s_ ? s_ : ""; }
  char* data() { return s_; }  // null while nothing was ever stored
  size_t size() const { return len_; }
  bool empty() const { return len_ == 0; }

 private:
  char* s_ = nullptr;
  size_t len_ = 0, room_ = 0;
};

// A number in decimal, for a list of Str parts: lives as long as the full expression.
class Num {
 public:
  explicit Num(uint64_t);
  operator Str() const { return {space_ + at_, sizeof space_ - at_}; }

 private:
  char space_[20];
  size_t at_ = sizeof space_;
};
