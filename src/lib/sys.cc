#include "lib/sys.h"

#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "lib/buf.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

Result<Fd> owned(int fd) {
  if (fd == -1) return Err::last();
  return Fd(fd);
}

static Result<Fd> open_at(int dir, const char* fn, int flags, mode_t mode = 0) {
  return owned(openat(dir, fn, flags | O_CLOEXEC, mode));
}
Result<Fd> open_read(const char* fn, int dir) { return open_at(dir, fn, O_RDONLY | O_NONBLOCK); }
Result<Fd> open_write(const char* fn, int dir) { return open_at(dir, fn, O_WRONLY | O_NONBLOCK); }
Result<Fd> open_append(const char* fn, mode_t mode, int dir) {
  return open_at(dir, fn, O_WRONLY | O_APPEND | O_CREAT, mode);
}
Result<Fd> open_exclusive(const char* fn, mode_t mode, int dir) {
  return open_at(dir, fn, O_RDWR | O_EXCL | O_CREAT, mode);
}
Result<Fd> open_truncate(const char* fn, mode_t mode, int dir) {
  return open_at(dir, fn, O_WRONLY | O_TRUNC | O_CREAT, mode);
}
Result<Fd> open_directory(const char* fn, int dir) { return open_at(dir, fn, O_RDONLY | O_DIRECTORY); }

Result<> rename_over(const char* from, const char* to) { return check(rename(from, to)); }

// The raw call: musl had no wrapper for it for long.
Result<> rename_new(const char* from, const char* to) {
#ifdef SYS_renameat2
  constexpr unsigned no_replace = 1;  // RENAME_NOREPLACE of linux/fs.h
  if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, no_replace) == 0) return {};
  if (errno != ENOSYS && errno != EINVAL) return Err::last();
#endif
  TRY(check(link(from, to)));
  return remove_file(from);
}

Result<> sync_file(int fd) { return check(fsync(fd)); }
Result<> sync_directory(const char* name, int dir) {
  Fd fd = TRY(open_directory(name, dir));
  return check(fsync(fd.get()));
}

Result<struct stat> stat_of(int fd) {
  struct stat st;
  TRY(check(fstat(fd, &st)));
  return st;
}
Result<struct stat> stat_of(const char* fn, int dir) {
  struct stat st;
  TRY(check(fstatat(dir, fn, &st, 0)));
  return st;
}

Result<> lock_exclusive(int fd, Lock how) {
  for (;;) {
    if (flock(fd, LOCK_EX | (how == Lock::try_now ? LOCK_NB : 0)) == 0) return {};
    if (errno != EINTR) return Err::last();
  }
}

Result<Pipe> make_pipe() {
  int ends[2];
  TRY(check(pipe2(ends, O_CLOEXEC)));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Kernels before 6.3 know no flag against execution.
Result<Fd> make_memory_file(const char* name) {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
  if (fd == -1 && errno == EINVAL) fd = memfd_create(name, flags);
  return owned(fd);
}

Result<> set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  TRY(check(flags));
  return check(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

Result<> set_inheritable(int fd) { return check(fcntl(fd, F_SETFD, 0)); }

Result<> read_all(int fd, Buf& out, size_t max) {
  char space[8192];
  for (size_t total = 0;;) {
    ssize_t n = read(fd, space, sizeof space);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) return Err::last();
    if (n == 0) return {};
    total += static_cast<size_t>(n);
    if (total > max) return Err{EFBIG};
    out.append(Str(space, static_cast<size_t>(n)));
  }
}
