// What qmail-inject makes of a header: fields rewritten or dropped, recipients,
// the sender (doc/man/qmail-inject.8, doc/man/qmail-header.5).
#pragma once
#include "mail/field.h"
#include "mail/rewrite.h"

inline constexpr size_t line_width = 80;

class Header {
 public:
  // Letters of $QMAILINJECT, and what else decides.
  struct Options {
    bool heed_return_path = true;    // not s
    bool delete_from = false;        // f
    bool delete_message_id = false;  // i
    bool keep_for_followup = false;  // collect the addresses of To and Cc
  };
  Header(const AddressRules& rules, Options options) : rules_(rules), options_(options) {}

  // Takes the next field. False: it is malformed, and it is none of recipients.
  bool add(Str field);

  bool has(Field f) const { return seen_[static_cast<size_t>(f)]; }
  bool is_resent() const;
  Str text() const { return text_; }

  // Whom it names as recipients, each address ended by NUL: the Resent fields of a
  // resent message, else the others.
  Str recipients() const { return recipients_[is_resent()]; }

  // The first of those fields that is malformed, so that recipients() may lack some.
  std::optional<Str> malformed() const;

  std::optional<Str> return_path() const { return has_return_path_ ? std::optional<Str>(return_path_) : std::nullopt; }

  // The addresses of To and Cc, each ended by NUL: as envelopes and as headers have
  // them, in the same order, the one found last coming last.
  Str followup_plain() const { return followup_plain_; }
  Str followup_written() const { return followup_written_; }

 private:
  bool rewrite(Field, Str field);
  void add_recipient(Field, std::span<const Token> address);

  const AddressRules& rules_;
  Options options_;
  bool seen_[field_kinds] = {};
  Buf text_;
  Buf recipients_[2], malformed_[2];  // [1]: of Resent fields
  Buf return_path_;
  bool has_return_path_ = false;
  Buf followup_plain_, followup_written_;
};

// An address of the command line or the environment, completed; appended as
// envelopes have it and, when written is given, as headers do. The part before
// the last @ is taken as it is. False: this is not one address.
bool append_argument(const AddressRules&, Str argument, Buf& plain, Buf* written = nullptr);

// Mail-Followup-To with all addresses of To and Cc, when one of them is in lists.
void append_followup(Buf& out, const Header&, const Lines& lists);
