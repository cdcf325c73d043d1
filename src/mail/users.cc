#include "mail/users.h"

#include "lib/sys.h"

static constexpr size_t largest_answer = 65536;

// The next NUL-ended field; what is left at the end counts as one.
static std::optional<const char*> take_field(Str& rest) {
  if (rest.data() == nullptr) return {};
  const char* field = rest.data();
  size_t end = rest.find('\0');
  rest = end == Str::npos ? Str() : slice(rest, end + 1);
  return field;
}

Result<LocalUser> LocalUser::parse(Buf record, Reason reason) {
  LocalUser u;
  u.record = std::move(record);
  u.reason = reason;
  const char* fields[6];
  Str rest(u.record.c_str(), u.record.size());
  for (const char*& field : fields) {
    auto next = take_field(rest);
    if (!next) return Err{EPROTO};
    field = *next;
  }
  auto uid = scan_u64(fields[1], UINT32_MAX - 1), gid = scan_u64(fields[2], UINT32_MAX - 1);
  if (!uid || !gid) return Err{EPROTO};
  u.id = {static_cast<uid_t>(*uid), static_cast<gid_t>(*gid)};
  u.user = fields[0];
  u.home = fields[3];
  u.dash = fields[4];
  u.ext = fields[5];
  return u;
}

void set_user_key(Buf& key, Str local) {
  key.set("!"sv);
  for (char c : local) key.push(lower(c));
  key.push('\0');
}

Result<std::optional<LocalUser>> find_user(Cdb& users, Str local) {
  Buf key, record;
  set_user_key(key, local);
  if (auto data = TRY(users.find(key))) {
    record.set(*data);
    LocalUser u = TRY(LocalUser::parse(std::move(record), LocalUser::Reason::exact));
    u.matched = local.size();
    return std::optional(std::move(u));
  }

  // Only prefixes that end as some prefix in the file does are worth a look.
  auto ends = TRY(users.find(""));
  if (!ends) return Err{EPROTO};
  for (size_t n = local.size() + 1; n-- > 0;) {
    if (n > 0 && ends->find(lower(local[n - 1])) == Str::npos) continue;
    auto data = TRY(users.find(slice(key, 0, 1 + n)));
    if (!data) continue;
    record.set(*data, slice(local, n));
    LocalUser u = TRY(LocalUser::parse(std::move(record), LocalUser::Reason::wildcard));
    u.matched = n;
    return std::optional(std::move(u));
  }
  return std::optional<LocalUser>();
}

Result<std::optional<LocalUser>> find_user(int dir, Str local) {
  auto users = Cdb::open("users/cdb", dir);
  if (!users.ok()) {
    if (users.error().code == ENOENT) return std::optional<LocalUser>();
    return users.error();
  }
  Cdb db = users.take();
  return find_user(db, local);
}

Result<Getpw> ask_getpw(const char* local, Identity who) {
  Pipe answer = TRY(make_pipe());
  const char* argv[] = {"bin/qmail-getpw", local, nullptr};
  FdMove fds[] = {{answer.write.get(), 1}};
  pid_t pid = TRY(spawn({.file = argv[0], .argv = argv, .fds = fds, .identity = &who}));
  answer.write.close();

  Buf record;
  auto got = read_all(answer.read.get(), record, largest_answer);
  answer.read.close();  // a program that says more than that ends
  auto code = exit_code(TRY(wait_for(pid)));
  TRY(got);
  if (!code) return Err{EPROTO};
  if (*code != 0) return Getpw{*code, {}};
  return Getpw{0, TRY(LocalUser::parse(std::move(record), LocalUser::Reason::getpw))};
}
