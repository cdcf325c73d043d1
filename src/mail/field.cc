#include "mail/field.h"

// By the order of Field.
static constexpr Str names[] = {
    "",
    "Sender",
    "From",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Date",
    "Message-ID",
    "Subject",
    "Resent-Sender",
    "Resent-From",
    "Resent-Reply-To",
    "Resent-To",
    "Resent-Cc",
    "Resent-Bcc",
    "Resent-Date",
    "Resent-Message-ID",
    "Return-Receipt-To",
    "Errors-To",
    "Apparently-To",
    "Received",
    "Return-Path",
    "Delivered-To",
    "Content-Length",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Notice-Requested-Upon-Delivery-To",
    "Mail-Followup-To",
};
static_assert(std::size(names) == field_kinds);

size_t name_length(Str line) {
  size_t n = 0;
  while (n < line.size() && line[n] > 32 && line[n] < 127 && line[n] != ':') ++n;
  if (n == 0) return 0;
  while (n < line.size() && is_blank(line[n])) ++n;
  return slice(line, n, 1) == ":" ? n + 1 : 0;
}

Field field_of(Str line) {
  size_t n = name_length(line);
  if (n == 0) return Field::other;
  Str name = trim_right(slice(line, 0, n - 1));
  for (size_t i = 1; i < field_kinds; ++i)
    if (same_nocase(name, names[i])) return static_cast<Field>(i);
  return Field::other;
}

Str body_of(Str field) { return slice(field, name_length(field)); }

// What is left of a header that has grown too large may be a body: enough of each
// line is read to tell.
static constexpr size_t enough_to_tell = 4096;

Result<HeaderReader::Line> HeaderReader::read_line() {
  line_.clear();
  size_t max = left_ > enough_to_tell ? left_ : enough_to_tell;
  for (;;) {
    Str ready = TRY(in_.peek());
    if (ready.empty()) {
      if (line_.empty()) return Line::none;
      line_.push('\n');
      return Line::whole;
    }
    size_t end = ready.find('\n');
    Str part = slice(ready, 0, end == Str::npos ? end : end + 1);
    Str kept = slice(part, 0, max - line_.size());
    line_.append(kept);
    in_.skip(kept.size());
    if (kept.size() < part.size()) return Line::cut;
    if (end == Str::npos) continue;
    left_ -= line_.size() < left_ ? line_.size() : left_;
    return Line::whole;
  }
}

Result<bool> HeaderReader::next(Buf& field) {
  field.clear();
  if (!begun_) {
    begun_ = true;
    state_ = TRY(read_line());
  }
  if (state_ == Line::none) return false;
  if (Str(line_) == "\n") {
    line_.clear();
    state_ = Line::none;
    end_ = End::empty_line;
    return false;
  }
  bool from_line = name_length(line_) == 0 && Str(line_).starts_with("From ");
  if (!from_line && name_length(line_) == 0) {
    end_ = End::no_field;
    return false;
  }
  if (from_line) field.append("MBOX-Line: ");
  do {
    if (state_ == Line::cut || left_ == 0) return Err{EFBIG};
    field.append(line_);
    state_ = TRY(read_line());
  } while (state_ != Line::none && !line_.empty() && is_blank(line_.view()[0]));
  return true;
}
