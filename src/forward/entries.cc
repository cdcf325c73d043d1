#include "forward/entries.h"

using Kind = Token::Kind;

static constexpr Str include = "include", quoted_include = ":include:";

static bool begins_include(std::span<const Token> t) {
  return t.size() >= 3 && t[0].kind == Kind::colon && t[1].kind == Kind::atom && same_nocase(t[1].text, include) &&
         t[2].kind == Kind::colon;
}

// A bar before a quoted command, |"command", is part of it.
static std::vector<Token> join_bars(std::span<const Token> in, std::vector<Buf>& joined) {
  std::vector<Token> out;
  for (size_t i = 0; i < in.size(); ++i) {
    bool bar = in[i].kind == Kind::atom && in[i].text == "|";
    if (!bar || i + 1 == in.size() || in[i + 1].kind != Kind::quoted) {
      out.push_back(in[i]);
      continue;
    }
    joined.push_back({});
    joined.back().set("|"sv, in[++i].text);
    out.push_back({Kind::quoted, joined.back()});
  }
  return out;
}

// False: it is no address.
static bool complete(Entry& e, std::span<const Token> written, const AddressRules& rules) {
  std::vector<Token> address(written.begin(), written.end());
  rules.complete(address);
  append_plain(e.full, address);
  if (e.full.empty()) return true;  // a source route to nobody
  e.kind = Entry::Kind::address;
  if (!e.full.view().starts_with('@')) return true;
  e.kind = Entry::Kind::wildcard;
  return e.has_host && e.full.size() > 1;
}

static bool take_address(Entry& e, std::span<const Token> address, const AddressRules& rules) {
  append_plain(e.text, address);
  for (const Token& t : address) e.has_host |= t.kind == Kind::at;
  Str text = e.text;
  if (text.empty()) return true;
  if (e.has_host) return complete(e, address, rules);
  if (text[0] == '/') {
    e.kind = Entry::Kind::file;
  } else if (text[0] == '|') {
    e.kind = Entry::Kind::command;
    e.text.drop_front(1);
    // Of | command without quotes the words would become addresses.
    return !e.text.empty() || address[0].kind == Kind::quoted;
  } else if (address.size() == 1 && address[0].kind == Kind::quoted && starts_nocase(text, quoted_include)) {
    e.kind = Entry::Kind::list;
    e.text.drop_front(quoted_include.size());
  } else {
    return complete(e, address, rules);
  }
  return true;
}

// Does a word stand here, before the next comma?
static bool word_follows(std::span<const Token> tokens) {
  for (const Token& t : tokens)
    if (t.kind != Kind::comment) return t.kind != Kind::comma && t.kind != Kind::colon && t.kind != Kind::semicolon;
  return false;
}

// Appends what stands between two :include:; named: the first address is the name
// of the file of the one before it.
static bool take_part(std::vector<Entry>& out, std::span<const Token> tokens, bool named, const AddressRules& rules) {
  auto list = parse_address_list(tokens, Groups::separators);
  if (!list) return false;
  size_t first = 0;
  if (named) {
    Entry e;
    e.kind = Entry::Kind::list;
    if (word_follows(tokens)) append_plain(e.text, list->address(list->addresses[first++]));
    out.push_back(std::move(e));
  }
  for (size_t i = first; i < list->addresses.size(); ++i) {
    Entry e;
    if (!take_address(e, list->address(list->addresses[i]), rules)) return false;
    out.push_back(std::move(e));
  }
  return true;
}

std::optional<std::vector<Entry>> parse_entries(Str line, const AddressRules& rules) {
  auto scanned = Tokens::scan(line);
  if (!scanned) return {};
  std::vector<Buf> joined;
  std::vector<Token> tokens = join_bars(scanned->all(), joined);

  std::vector<Entry> entries;
  std::span<const Token> rest = tokens;
  for (bool named = false;; named = true) {
    size_t end = 0;
    while (end < rest.size() && !begins_include(rest.subspan(end))) ++end;
    if (!take_part(entries, rest.first(end), named, rules)) return {};
    if (end == rest.size()) return entries;
    rest = rest.subspan(end + 3);
  }
}
