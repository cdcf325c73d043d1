#include "admin/accounts.h"

static bool take_field(Str& line, Str& field) {
  if (line.find(':') == Str::npos) return false;
  field = take_until(line, ':');
  return true;
}

std::optional<Account> parse_passwd(Str line) {
  Account a;
  Str password, comment;
  if (line.find('\0') != Str::npos) return {};
  for (Str* field : {&a.name, &password, &a.uid, &a.gid, &comment, &a.home})
    if (!take_field(line, *field)) return {};
  if (a.name.empty() || a.home.empty() || !scan_u64(a.uid, UINT32_MAX - 1) || !scan_u64(a.gid, UINT32_MAX - 1))
    return {};
  return a;
}

std::optional<Subuser> parse_subuser(Str line) {
  Subuser s;
  for (Str* field : {&s.sub, &s.user, &s.pre})
    if (!take_field(line, *field)) return {};
  if (s.sub.empty() || s.user.empty()) return {};
  return s;
}
