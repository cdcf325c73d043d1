#include "mail/rfc822.h"

#include <algorithm>

using Kind = Token::Kind;

static bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }

static std::optional<Kind> special(char c) {
  switch (c) {
    case '.': return Kind::dot;
    case ',': return Kind::comma;
    case '@': return Kind::at;
    case '<': return Kind::less;
    case '>': return Kind::greater;
    case ':': return Kind::colon;
    case ';': return Kind::semicolon;
    default: return {};
  }
}

static bool ends_atom(char c) { return is_space(c) || special(c) || c == '(' || c == '[' || c == '"'; }

// The end of a line inside a string, with a blank behind it, is the folding of
// the header and not part of the text (RFC 822 section 3.1.1).
static size_t folding(Str s) {
  size_t end = s.starts_with('\r') ? 1 : 0;
  if (slice(s, end, 1) != "\n" || s.size() < end + 2 || !is_blank(s[end + 1])) return 0;
  return end + 1;
}

// What stands between open and close, s beginning behind open; appended to out
// and cut off s with its close. Nested only for comments. False: there is no end.
static bool take_enclosed(Str& s, char open, char close, Buf& out) {
  for (size_t depth = 1; !s.empty();) {
    if (size_t n = folding(s)) {
      s = slice(s, n);
      continue;
    }
    char c = s[0];
    if (c == '\\') {
      if (s.size() < 2) return false;
      c = s[1];
      s = slice(s, 2);
      out.push(c);
      continue;
    }
    s = slice(s, 1);
    if (c == close && --depth == 0) return true;
    if (c == open && open == '(') ++depth;
    out.push(c);
  }
  return false;
}

static bool take_atom(Str& s, Buf& out) {
  while (!s.empty() && !ends_atom(s[0])) {
    size_t escaped = s[0] == '\\';
    if (s.size() <= escaped) return false;
    out.push(s[escaped]);
    s = slice(s, escaped + 1);
  }
  return true;
}

std::optional<Tokens> Tokens::scan(Str s) {
  if (s.find('\0') != Str::npos) return {};  // an envelope could not hold it
  Tokens t;
  t.text_.append(s);  // room for all texts, so that they never move
  t.text_.clear();
  while (!s.empty()) {
    char c = s[0];
    if (is_space(c)) {
      s = slice(s, 1);
      continue;
    }
    if (auto kind = special(c)) {
      t.tokens_.push_back({*kind, {}});
      s = slice(s, 1);
      continue;
    }
    size_t start = t.text_.size();
    bool closed = false;
    Kind kind = Kind::atom;
    switch (c) {
      case ')':
      case ']': break;
      case '(':
        kind = Kind::comment;
        closed = take_enclosed(s = slice(s, 1), '(', ')', t.text_);
        break;
      case '[':
        kind = Kind::literal;
        closed = take_enclosed(s = slice(s, 1), '[', ']', t.text_);
        break;
      case '"':
        kind = Kind::quoted;
        closed = take_enclosed(s = slice(s, 1), '"', '"', t.text_);
        break;
      default: closed = take_atom(s, t.text_);
    }
    if (!closed) return {};
    t.tokens_.push_back({kind, slice(t.text_, start)});
  }
  return t;
}

static bool is_word(Kind k) { return k == Kind::atom || k == Kind::quoted || k == Kind::literal; }

namespace {
// Goes through the tokens from right to left, as an address in angle brackets is
// known by its > and a group by its ;. The list is made back to front too.
class Parser {
 public:
  Parser(std::span<const Token> in, Groups groups) : in_(in), left_(in.size()), groups_(groups) {}
  std::optional<AddressList> parse();

 private:
  using Place = AddressList::Place;
  const Token* next() { return left_ ? &in_[--left_] : nullptr; }
  void put(const Token& t) { list_.tokens.push_back(t); }
  void begin_item();      // puts a comma when an item stands to the right
  bool flush();           // ends the address outside of brackets that was being collected
  bool put_address();     // collected, to where it belongs; false: it is none
  bool take_bracketed();  // the rest of <address> and the phrase before it
  void take_phrase();
  bool take(const Token&);
  void turn_round();

  std::span<const Token> in_;
  size_t left_;  // tokens that were not looked at yet
  Groups groups_;
  AddressList list_;
  std::vector<Token> address_;  // being collected, without comments
  bool after_word_ = false;     // a word more would be another address
  bool item_ = false;           // something stands right of here that a comma must keep apart
  bool in_group_ = false;
};

void Parser::begin_item() {
  if (item_) put({Kind::comma, {}});
  item_ = true;
}

bool Parser::put_address() {
  // Only a source route, which begins with an @ and ends with a colon, holds
  // commas; another may follow it. The tokens stand from right to left.
  bool route = false, after_colon = true;
  for (size_t i = address_.size(); i-- > 0;) {
    const Token& t = address_[i];
    if (after_colon) route = t.kind == Kind::at;
    after_colon = route && t.kind == Kind::colon;
    bool structure = t.kind == Kind::comma || t.kind == Kind::colon;
    if (t.kind == Kind::semicolon || (structure && !route)) return false;
    if (t.text.find_first_of("\r\n") != Str::npos) return false;
  }
  list_.addresses.push_back({list_.tokens.size(), address_.size()});
  for (const Token& t : address_) put(t);
  address_.clear();
  return true;
}

bool Parser::flush() {
  after_word_ = false;
  return address_.empty() || put_address();
}

bool Parser::take_bracketed() {
  begin_item();
  put({Kind::greater, {}});
  for (;;) {
    const Token* t = next();
    if (!t || t->kind == Kind::greater) return false;
    if (t->kind == Kind::less) break;
    if (t->kind == Kind::comment)
      put(*t);
    else
      address_.push_back(*t);
  }
  if (!put_address()) return false;
  put({Kind::less, {}});
  take_phrase();
  return true;
}

// The name before <address> or a group's colon. People write addresses there
// without quotes, so dots and @ belong to it.
void Parser::take_phrase() {
  while (left_) {
    Kind k = in_[left_ - 1].kind;
    if (!is_word(k) && k != Kind::dot && k != Kind::at && k != Kind::comment) break;
    put(*next());
  }
}

bool Parser::take(const Token& t) {
  Kind kind = t.kind;
  if (groups_ == Groups::separators && (kind == Kind::colon || kind == Kind::semicolon)) kind = Kind::comma;
  switch (kind) {
    case Kind::comment: put(t); return true;
    case Kind::comma:
      if (!flush()) return false;
      put({Kind::comma, {}});
      item_ = false;
      return true;
    case Kind::greater: return flush() && take_bracketed();
    case Kind::less: return false;
    case Kind::semicolon:
      if (!flush() || in_group_) return false;
      in_group_ = true;
      begin_item();
      put(t);
      item_ = false;
      return true;
    case Kind::colon:
      if (!flush() || !in_group_) return false;
      in_group_ = false;
      put(t);
      take_phrase();
      item_ = true;
      return true;
    default:
      if (is_word(kind)) {
        if (after_word_ && !flush()) return false;
        after_word_ = true;
      } else {
        after_word_ = false;
      }
      if (address_.empty()) begin_item();
      address_.push_back(t);
      return true;
  }
}

void Parser::turn_round() {
  std::reverse(list_.tokens.begin(), list_.tokens.end());
  std::reverse(list_.addresses.begin(), list_.addresses.end());
  for (Place& p : list_.addresses) p.start = list_.tokens.size() - p.start - p.count;
}

std::optional<AddressList> Parser::parse() {
  while (const Token* t = next())
    if (!take(*t)) return {};
  if (!flush()) return {};
  turn_round();
  return std::move(list_);
}
}  // namespace

std::optional<AddressList> parse_address_list(std::span<const Token> tokens, Groups groups) {
  return Parser(tokens, groups).parse();
}

void append_plain(Buf& out, std::span<const Token> address) {
  static constexpr Str signs[] = {".", ",", "@", "<", ">", ":", ";"};
  bool word = false;
  for (const Token& t : address) {
    if (word && is_word(t.kind)) out.push(' ');
    word = is_word(t.kind);
    if (t.kind == Kind::literal)
      out.add("[", t.text, "]");
    else if (t.kind >= Kind::dot)
      out.append(signs[static_cast<size_t>(t.kind) - static_cast<size_t>(Kind::dot)]);
    else
      out.append(t.text);
  }
}

// A blank takes the place of a line end: what stands behind it could begin a field.
static void append_escaped(Buf& out, char open, Str text, char close) {
  out.push(open);
  for (char c : text) {
    if ("\"\\()[]"sv.find(c) != Str::npos) out.push('\\');
    out.push(c == '\r' || c == '\n' ? ' ' : c);
  }
  out.push(close);
}
void append_quoted_string(Buf& out, Str text) { append_escaped(out, '"', text, '"'); }
void append_comment(Buf& out, Str text) { append_escaped(out, '(', text, ')'); }

// Would the atom be read as the same one again? Its text may have been
// protected by backslashes.
static bool is_plain_atom(Str text) {
  for (char c : text)
    if (c < 32 || c > 126 || ends_atom(c) || c == ')' || c == ']' || c == '\\') return false;
  return !text.empty();
}

static void append_token(Buf& out, const Token& t) {
  switch (t.kind) {
    case Kind::atom:
      if (is_plain_atom(t.text)) return out.append(t.text);
      [[fallthrough]];
    case Kind::quoted: return append_quoted_string(out, t.text);
    case Kind::literal: return append_escaped(out, '[', t.text, ']');
    case Kind::comment: return append_comment(out, t.text);
    default: append_plain(out, std::span(&t, 1));
  }
}

static bool space_between(Kind before, Kind after) {
  auto wordlike = [](Kind k) { return is_word(k) || k == Kind::comment; };
  return before == Kind::comma || before == Kind::colon || after == Kind::less || (wordlike(before) && wordlike(after));
}

void TokenWriter::put(const Token& t) {
  if (space_between(last_, t.kind)) segment_.push(' ');
  append_token(segment_, t);
  last_ = t.kind;
  if (t.kind == Kind::comma) finish();
}

void TokenWriter::finish() {
  Str segment = segment_;
  if (segment.empty()) return;
  if (!first_ && column_ + segment.size() > width_) {
    out_.append("\n ");  // and the space that the segment begins with
    column_ = 1;
  }
  out_.append(segment);
  column_ += segment.size();
  segment_.clear();
  first_ = false;
}
