// Header fields: where they begin and end, and which ones programs know.
#pragma once
#include "lib/io.h"

enum class Field : uint8_t {
  other,
  sender,
  from,
  reply_to,
  to,
  cc,
  bcc,
  date,
  message_id,
  subject,
  resent_sender,
  resent_from,
  resent_reply_to,
  resent_to,
  resent_cc,
  resent_bcc,
  resent_date,
  resent_message_id,
  return_receipt_to,
  errors_to,
  apparently_to,
  received,
  return_path,
  delivered_to,
  content_length,
  content_type,
  content_transfer_encoding,
  notice_requested,  // Notice-Requested-Upon-Delivery-To
  mail_followup_to,
};
inline constexpr size_t field_kinds = static_cast<size_t>(Field::mail_followup_to) + 1;

// The length of a field's name with its colon; blanks may stand between the two.
// 0: this is no field (RFC 822 section 3.2: a name is of printable characters).
size_t name_length(Str line);

Field field_of(Str line);  // by its name, ASCII case ignored
Str body_of(Str field);    // what stands behind the colon

// Reads a header field by field from the front of a message.
class HeaderReader {
 public:
  // The header must be smaller than max bytes.
  HeaderReader(Reader& in, size_t max) : in_(in), left_(max) {}

  // The next field with its continuation lines, each ended by LF, also where the
  // input ends without one. A line "From ..." becomes the field MBOX-Line. False:
  // the header has ended. EFBIG: it is too large.
  Result<bool> next(Buf& field);

  // After the end:
  enum class End : uint8_t {
    none,        // the input ended with the header
    empty_line,  // which has been read
    no_field,    // by what cannot be one: see rest()
  };
  End end() const { return end_; }

  // The first bytes of the body, already read: it goes on in the Reader.
  Str rest() const { return line_; }

 private:
  enum class Line : uint8_t { none, whole, cut };
  Result<Line> read_line();  // into line_; cut: it is longer than what may still be read

  Reader& in_;
  size_t left_;
  Buf line_;  // read and not yet part of a field
  Line state_ = Line::none;
  bool begun_ = false;
  End end_ = End::none;
};
