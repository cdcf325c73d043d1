#include "smtp/qmtp_text.h"

std::optional<QmtpText> QmtpText::of(char first) {
  if (first == '\n') return QmtpText(Lines::lf);
  if (first == '\r') return QmtpText(Lines::crlf);
  return {};
}

Str QmtpText::next(Str& in) {
  while (!in.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (in[0] != '\n') {
        forbidden_ = true;
        continue;
      }
      in.remove_prefix(1);
      return "\n";
    }

    // Lines that end with LF alone go by as they are, up to a CR.
    Str text = slice(in, 0, in.find('\r'));
    if (lines_ == Lines::crlf) text = slice(text, 0, text.find('\n'));
    in.remove_prefix(text.size());
    if (text.find('\0') != Str::npos) forbidden_ = true;
    if (!text.empty()) return text;

    bool lf = in[0] == '\n';
    in.remove_prefix(1);
    if (lf) {
      forbidden_ = true;
      return "\n";
    }
    after_cr_ = true;
    if (lines_ == Lines::lf) return "\r";
  }
  return {};
}
