#include "pop/virtual_user.h"

#include "pop/hash_kind.h"

static std::optional<uint32_t> scan_id(Str s) {
  auto id = scan_u64(s, UINT32_MAX - 1);  // the highest means "unchanged" to the kernel
  return id && *id > 0 ? std::optional(static_cast<uint32_t>(*id)) : std::nullopt;
}

Str parse_user_line(Str line, VirtualUser& u) {
  Str fields[6] = {{}, {}, {}, {}, {}, "/bin/sh"};
  size_t n = 0;
  for (bool more = true; more; ++n) {
    if (n == 6) return "more than six fields";
    more = line.find(':') != Str::npos;
    fields[n] = take_until(line, ':');
  }
  if (n < 5) return "less than five fields";
  if (line.find('\0') != Str::npos) return "a NUL";
  for (Str field : fields)
    if (field.find('\0') != Str::npos) return "a NUL";
  if (fields[0].empty()) return "no user";
  if (Str why = objection_to_hash(fields[1]); !why.empty()) return why;
  auto uid = scan_id(fields[2]), gid = scan_id(fields[3]);
  if (!uid) return "the uid is no number, or root's";
  if (!gid) return "the gid is no number, or root's";
  if (fields[4].empty() || fields[4][0] != '/') return "the home does not begin with /";
  if (fields[5].empty() || fields[5][0] != '/') return "the shell does not begin with /";
  u.name.set(fields[0]);
  u.hash.set(fields[1]);
  u.id = {*uid, *gid};
  u.home.set(fields[4]);
  u.shell.set(fields[5]);
  return {};
}

void append_user_record(Buf& data, const VirtualUser& u) {
  data.add(u.hash.view(), "\0"sv, Num(u.id.uid), "\0"sv, Num(u.id.gid), "\0"sv);
  data.add(u.home.view(), "\0"sv, u.shell.view(), "\0"sv);
}

Result<VirtualUser> parse_user_record(Str data) {
  Str fields[5];
  for (Str& field : fields) {
    if (data.find('\0') == Str::npos) return Err{EPROTO};
    field = take_until(data, '\0');
  }
  auto uid = scan_id(fields[1]), gid = scan_id(fields[2]);
  if (!uid || !gid) return Err{EPROTO};
  VirtualUser u;
  u.hash.set(fields[0]);
  u.id = {*uid, *gid};
  u.home.set(fields[3]);
  u.shell.set(fields[4]);
  return u;
}
