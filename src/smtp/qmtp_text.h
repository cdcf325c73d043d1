// The text of a message as QMTP carries it, a piece at a time and without a copy.
#pragma once
#include "lib/str.h"

// Its first byte says how the lines that follow end: LF, or CR for CR LF.
class QmtpText {
 public:
  // Nothing: there is no such kind of text.
  static std::optional<QmtpText> of(char first);

  // The next piece, in lines that end with LF, of the front of input, which is
  // cut off. Empty: all of input is used up.
  Str next(Str& input);

  // Call it at the end. Was there a NUL, a CR that ends no line, or, among lines
  // that end with CR LF, an LF alone? Programs further on would differ in what
  // they make of it.
  bool has_forbidden_byte() const { return forbidden_ || after_cr_; }

 private:
  enum class Lines : uint8_t { lf, crlf };
  explicit QmtpText(Lines lines) : lines_(lines) {}

  Lines lines_;
  bool after_cr_ = false, forbidden_ = false;
};
