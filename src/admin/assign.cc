#include "admin/assign.h"

#include "mail/users.h"

static constexpr size_t longest_line = 65536;

std::optional<Assignment> parse_assignment(Str line) {
  if (line.empty() || line.find('\0') != Str::npos) return {};
  bool is_prefix = line[0] == '+';
  line = slice(line, 1);
  if (line.find(':') == Str::npos) return {};
  Assignment a;
  Str local = take_until(line, ':');
  set_user_key(a.key, local);
  if (is_prefix) {
    a.key.cut(a.key.size() - 1);
    if (!local.empty()) a.wildchar = lower(local.back());
  }
  for (int field = 0; field < 6; ++field) {
    if (line.find(':') == Str::npos) return {};
    if (field > 0) a.data.push('\0');
    a.data.append(take_until(line, ':'));
  }
  return a;
}

Str add_assignments(Reader& in, CdbMaker& out) {
  Buf line, wildchars;
  bool cut = false;
  for (;;) {
    auto whole = in.get_until(line, '\n', longest_line, &cut);
    if (!whole.ok()) return "unable to read users/assign";
    if (slice(line, 0, 1) == ".") break;
    if (!whole.take() || cut) return "bad format in users/assign";
    auto a = parse_assignment(line);
    if (!a) return "bad format in users/assign";
    if (a->wildchar && wildchars.view().find(a->wildchar) == Str::npos) wildchars.push(a->wildchar);
    if (!out.add(a->key, a->data).ok()) return "unable to write users/cdb.tmp";
  }
  if (!out.add("", wildchars).ok()) return "unable to write users/cdb.tmp";
  return {};
}
