// The text behind DATA (RFC 5321 section 4.5.2): what was sent becomes what is
// stored, in lines that end with LF, a piece at a time and without a copy.
#pragma once
#include "mail/commands.h"

class DataDecoder {
 public:
  explicit DataDecoder(LineEnd ends) : ends_(ends) {}

  enum class Event : uint8_t {
    text,     // a piece of the message
    starved,  // all of the input is used up
    end,      // the line with the single dot has been taken
    bare_lf,  // where that is not let pass: nothing behind it can be trusted
  };
  struct Piece {
    Event event;
    Str text;  // points into input, or is a line's end
  };

  // Decodes the front of input and cuts that off. After end or bare_lf: not to
  // be called again.
  Piece next(Str& input);

  // Whether there was a NUL or a CR that ends no line: the message cannot be
  // stored and sent on as it is, and programs differ in what they make of it.
  bool has_forbidden_byte() const { return forbidden_; }

 private:
  enum class At : uint8_t { line_start, dot, dot_cr, inside, cr };
  LineEnd ends_;
  At at_ = At::line_start;
  bool forbidden_ = false;
};
