#include "tcp/account.h"

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/sys.h"

// The entry's line, as in passwd(5) or group(5).
static Result<Buf> find_entry(const char* database, const char* name) {
  constexpr int not_found = 2;
  constexpr size_t longest = size_t{1} << 20;
  Pipe pipe = TRY(make_pipe());
  const char* argv[] = {"getent", database, name, nullptr};
  FdMove output[] = {{pipe.write.get(), 1}};
  pid_t pid = TRY(spawn({.file = argv[0], .argv = argv, .fds = output}));
  pipe.write.close();
  Buf line;
  TRY(read_all(pipe.read.get(), line, longest));
  auto code = exit_code(TRY(wait_for(pid)));
  if (code == not_found) return Err{ENOENT};
  if (code != 0) return Err{EIO};
  return line;
}

// The number in the next field, cut off line.
static std::optional<uint32_t> take_id(Str& line) {
  auto n = scan_u64(take_until(line, ':'), UINT32_MAX);
  return n ? std::optional(static_cast<uint32_t>(*n)) : std::nullopt;
}

Result<Account> find_account(const char* name) {
  Buf entry = TRY(find_entry("passwd", name));
  Str line = entry;
  take_until(line, ':');
  take_until(line, ':');
  auto uid = take_id(line), gid = take_id(line);
  if (!uid || !gid) return Err{EPROTO};
  return Account{*uid, *gid};
}

Result<gid_t> find_group(const char* name) {
  Buf entry = TRY(find_entry("group", name));
  Str line = entry;
  take_until(line, ':');
  take_until(line, ':');
  auto gid = take_id(line);
  if (!gid) return Err{EPROTO};
  return *gid;
}
