#include "mail/body_copy.h"

#include "lib/checksum.h"
#include "lib/io.h"

static Result<> copy(const Message& m, int to) {
  static char space[65536];
  uint32_t sum = 0;
  uint64_t at = 0;
  while (size_t n = TRY(m.read_body(at, space))) {
    sum = crc32c(sum, Str(space, n));
    TRY(write_all(to, Str(space, n)));
    at += n;
  }
  if (sum != m.trailer().body_checksum) return Err{EBADMSG};
  return {};
}

Result<Fd> reopen_read_only(int fd) {
  Buf name;
  name.set("/proc/self/fd/", Num(static_cast<uint64_t>(fd)));
  return owned(openat(AT_FDCWD, name.c_str(), O_RDONLY | O_CLOEXEC));
}

Result<Fd> copy_body_to_memory(const Message& m) {
  Fd out = TRY(make_memory_file("body"));
  TRY(copy(m, out.get()));
  TRY(check(fcntl(out.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)));
  return out;
}

// Whoever the delivery runs as may open it anew, by /dev/stdin or /proc. Without
// a name it is nobody else's to find.
static Result<> fill(const Message& m, int to) {
  TRY(check(fchmod(to, 0444)));
  return copy(m, to);
}

// A file made under a name of this process's own and unlinked before anything
// is written, for file systems without O_TMPFILE and systems without /proc.
static Result<Fd> copy_through_name(const Message& m, const char* dir) {
  static uint32_t serial;
  Buf name;
  name.set(Str(dir), "/", Num(static_cast<uint64_t>(getpid())), ".", Num(serial++));
  remove_file(name.c_str()).ok();  // left by an earlier process of this number
  Fd out = TRY(open_exclusive(name.c_str(), 0400));
  auto in = open_read(name.c_str());
  TRY(remove_file(name.c_str()));
  TRY(fill(m, out.get()));
  return in;
}

Result<Fd> copy_body_to_file(const Message& m, const char* dir) {
  auto out = owned(open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0400));
  if (out.ok()) {
    Fd fd = out.take();
    auto in = reopen_read_only(fd.get());
    if (in.ok()) {
      TRY(fill(m, fd.get()));
      return in;
    }
  }
  return copy_through_name(m, dir);
}
