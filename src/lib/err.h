// Errors as values. An Err is an errno; a Result<T> is a T or an Err. A Result is
// no bool, on purpose: of a Result<bool>, `if (r)` could mean either thing.
#pragma once
#include <cerrno>
#include <optional>
#include <utility>

#include "lib/str.h"

struct [[nodiscard]] Err {
  int code;
  static Err last() { return {errno}; }
};

// What the error is called in every message of ours (doc/man/qmail-log.5 has
// no list of its own: these are the texts that log readers know).
Str error_text(Err);

// Could the same call succeed later? Decides between exit 111 and exit 100.
bool is_temporary(Err);

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Err err) : err_(err) {}
  bool ok() const { return value_.has_value(); }
  Err error() const { return err_; }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  Err err_{0};
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Err err) : err_(err) {}
  bool ok() const { return err_.code == 0; }
  Err error() const { return err_; }
  void take() {}

 private:
  Err err_{0};
};

// What a system call returned, -1 meaning errno.
inline Result<> check(int r) {
  if (r == -1) return Err::last();
  return {};
}

// Value of a Result, or leave the function with its error.
#define TRY(expr)                      \
  __extension__({                      \
    auto try_result = (expr);          \
    if (!try_result.ok()) [[unlikely]] \
      return try_result.error();       \
    try_result.take();                 \
  })
