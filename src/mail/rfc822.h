// Tokens and address lists of RFC 822 section 3.3 and 6.1, read and written as
// qmail-header(5) says. Knows nothing of what a program does with them.
#pragma once
#include <vector>

#include "lib/buf.h"

struct Token {
  enum class Kind : uint8_t {
    atom,
    quoted,   // "text"
    literal,  // [text]
    comment,  // (text)
    dot,
    comma,
    at,
    less,
    greater,
    colon,
    semicolon,
  };
  Kind kind;
  Str text;  // of the first four: without what stands around it and without backslashes
};

// The tokens of a text, from left to right. Owns what they point into.
class Tokens {
 public:
  // Nothing when the text is malformed: an unclosed string, literal, comment or
  // backslash, a ) or ] that closes nothing, a NUL.
  static std::optional<Tokens> scan(Str);

  std::span<const Token> all() const { return tokens_; }

 private:
  Tokens() = default;
  Buf text_;
  std::vector<Token> tokens_;
};

// An address list, with everything at its place for writing: a comma between any
// two addresses, comments inside an address moved behind it.
struct AddressList {
  struct Place {  // of an address without anything around it, in tokens
    size_t start, count;
  };
  std::vector<Token> tokens;
  std::vector<Place> addresses;

  std::span<const Token> address(const Place& p) const { return std::span(tokens).subspan(p.start, p.count); }
};

enum class Groups : uint8_t {
  named,       // name: address, ... ;
  separators,  // colon and semicolon only keep addresses apart
};

// Nothing when the tokens are no address list: a group in a group or one that has
// no end, an angle bracket without its partner, an address with CR or LF in it.
std::optional<AddressList> parse_address_list(std::span<const Token>, Groups = Groups::named);

// An address as envelopes hold it: without quotes.
void append_plain(Buf& out, std::span<const Token> address);

// Writes tokens with as few spaces as can be. A line that would be longer than
// width is broken after a comma.
class TokenWriter {
 public:
  // column: how much of the line is in out already; it ends with a colon.
  TokenWriter(Buf& out, size_t column, size_t width)
      : out_(out), column_(column), width_(width), last_(column ? Token::Kind::colon : Token::Kind::dot) {}
  void put(const Token&);
  void put(std::span<const Token> tokens) {
    for (const Token& t : tokens) put(t);
  }
  void finish();  // nothing may be put after it

 private:
  Buf& out_;
  Buf segment_;  // since the last comma
  size_t column_, width_;
  bool first_ = true;  // of the line: no comma to break after
  Token::Kind last_;
};

// A text as a quoted string or a comment of a header, on one line.
void append_quoted_string(Buf& out, Str);
void append_comment(Buf& out, Str);
