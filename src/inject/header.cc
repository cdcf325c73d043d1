#include "inject/header.h"

#include "mail/address.h"

namespace {
enum class Rewritten : uint8_t { no, yes, recipients, resent_recipients, sender };
}

static Rewritten how_rewritten(Field f) {
  switch (f) {
    case Field::to:
    case Field::cc:
    case Field::bcc:
    case Field::apparently_to: return Rewritten::recipients;
    case Field::resent_to:
    case Field::resent_cc:
    case Field::resent_bcc: return Rewritten::resent_recipients;
    case Field::return_path: return Rewritten::sender;
    case Field::sender:
    case Field::from:
    case Field::reply_to:
    case Field::return_receipt_to:
    case Field::errors_to:
    case Field::resent_sender:
    case Field::resent_from:
    case Field::resent_reply_to: return Rewritten::yes;
    default: return Rewritten::no;
  }
}

bool Header::is_resent() const {
  for (Field f : {Field::resent_sender, Field::resent_from, Field::resent_reply_to, Field::resent_to, Field::resent_cc,
                  Field::resent_bcc, Field::resent_date, Field::resent_message_id})
    if (has(f)) return true;
  return false;
}

std::optional<Str> Header::malformed() const {
  const Buf& field = malformed_[is_resent()];
  if (field.empty()) return {};
  return field.view();
}

static bool is_dropped(Field f) {
  return f == Field::bcc || f == Field::resent_bcc || f == Field::return_path || f == Field::content_length;
}

bool Header::add(Str field) {
  Field kind = field_of(field);
  if (kind == Field::content_length) return true;
  if (kind == Field::from && options_.delete_from) return true;
  if (kind == Field::message_id && options_.delete_message_id) return true;
  if (kind == Field::return_path && (!options_.heed_return_path || has_return_path_)) return true;
  seen_[static_cast<size_t>(kind)] = true;

  Rewritten how = how_rewritten(kind);
  if (how == Rewritten::no) {
    text_.append(field);
    return true;
  }
  if (rewrite(kind, field)) return true;
  if (how != Rewritten::recipients && how != Rewritten::resent_recipients) return false;
  Buf& first = malformed_[how == Rewritten::resent_recipients];
  if (first.empty()) first.set(field);
  if (!is_dropped(kind)) text_.append(field);
  return true;
}

static void append_written(Buf& out, std::span<const Token> address) {
  TokenWriter writer(out, 0, SIZE_MAX);
  writer.put(address);
  writer.finish();
}

bool Header::rewrite(Field kind, Str field) {
  auto tokens = Tokens::scan(body_of(field));
  if (!tokens) return false;
  auto list = parse_address_list(tokens->all());
  if (!list) return false;

  std::vector<Token> address;
  auto complete = [&](const AddressList::Place& place) {
    auto found = list->address(place);
    address.assign(found.begin(), found.end());
    rules_.complete(address);
  };

  if (!is_dropped(kind)) {
    size_t name = name_length(field), at = 0;
    text_.append(slice(field, 0, name));
    TokenWriter writer(text_, name, line_width);
    for (const auto& place : list->addresses) {
      complete(place);
      writer.put(std::span(list->tokens).subspan(at, place.start - at));
      writer.put(address);
      at = place.start + place.count;
    }
    writer.put(std::span(list->tokens).subspan(at));
    writer.finish();
    text_.push('\n');
  }

  Rewritten how = how_rewritten(kind);
  if (how == Rewritten::yes) return true;
  for (size_t i = list->addresses.size(); i-- > 0;) {
    complete(list->addresses[i]);
    if (how == Rewritten::sender) {
      append_plain(return_path_, address);
      has_return_path_ = true;
      return true;
    }
    if (!address.empty()) add_recipient(kind, address);  // <> names nobody
  }
  return true;
}

void Header::add_recipient(Field kind, std::span<const Token> address) {
  Buf& list = recipients_[how_rewritten(kind) == Rewritten::resent_recipients];
  append_plain(list, address);
  list.push('\0');
  if (!options_.keep_for_followup || (kind != Field::to && kind != Field::cc)) return;
  append_plain(followup_plain_, address);
  followup_plain_.push('\0');
  append_written(followup_written_, address);
  followup_written_.push('\0');
}

bool append_argument(const AddressRules& rules, Str argument, Buf& plain, Buf* written) {
  Buf whole, quoted;
  whole.set(argument, split_address(argument).has_host ? ""sv : "@"sv);
  append_quoted(quoted, whole);
  auto tokens = Tokens::scan(quoted);
  if (!tokens) return false;
  auto list = parse_address_list(tokens->all());
  if (!list || list->addresses.size() != 1) return false;
  auto found = list->address(list->addresses[0]);
  std::vector<Token> address(found.begin(), found.end());
  rules.complete(address);
  append_plain(plain, address);
  if (written) append_written(*written, address);
  return true;
}

static bool names_a_list(Str addresses, const Lines& lists) {
  while (!addresses.empty()) {
    Str address = take_until(addresses, '\0');
    for (Str entry : lists.entries())
      if (same_nocase(address, entry)) return true;
  }
  return false;
}

void append_followup(Buf& out, const Header& header, const Lines& lists) {
  if (!names_a_list(header.followup_plain(), lists)) return;
  out.append("Mail-Followup-To: ");
  Str rest = slice(header.followup_written(), 0, header.followup_written().size() - 1);
  for (;;) {
    size_t end = rest.rfind('\0');
    out.append(slice(rest, end == Str::npos ? 0 : end + 1));
    if (end == Str::npos) break;
    out.append(",\n  ");
    rest = slice(rest, 0, end);
  }
  out.push('\n');
}
