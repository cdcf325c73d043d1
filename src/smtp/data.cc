#include "smtp/data.h"

DataDecoder::Piece DataDecoder::next(Str& in) {
  while (!in.empty()) {
    char c = in[0];
    switch (at_) {
      case At::line_start:
        if (c == '.') in.remove_prefix(1);
        at_ = c == '.' ? At::dot : At::inside;
        break;

      case At::dot:
        if (c == '\r') {
          in.remove_prefix(1);
          at_ = At::dot_cr;
        } else if (c == '\n' && ends_ == LineEnd::crlf_or_lf) {
          in.remove_prefix(1);
          return {Event::end, {}};
        } else {
          at_ = At::inside;  // the dot was there to be taken away
        }
        break;

      case At::dot_cr:
        if (c == '\n') {
          in.remove_prefix(1);
          return {Event::end, {}};
        }
        forbidden_ = true;
        at_ = At::inside;
        break;

      case At::inside: {
        size_t cr = in.find('\r');
        size_t n = slice(in, 0, cr).find('\n');
        if (n == Str::npos) n = cr;
        Str text = slice(in, 0, n);
        if (!text.empty()) {
          in.remove_prefix(text.size());
          if (text.find('\0') != Str::npos) forbidden_ = true;
          return {Event::text, text};
        }
        in.remove_prefix(1);
        if (c == '\r') {
          at_ = At::cr;
          break;
        }
        if (ends_ == LineEnd::crlf) return {Event::bare_lf, {}};
        at_ = At::line_start;
        return {Event::text, "\n"};
      }

      case At::cr:
        if (c == '\n') {
          in.remove_prefix(1);
          at_ = At::line_start;
          return {Event::text, "\n"};
        }
        forbidden_ = true;
        at_ = At::inside;
        break;
    }
  }
  return {Event::starved, {}};
}
