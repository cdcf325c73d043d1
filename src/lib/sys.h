// Files and descriptors: system calls that return Results and owned descriptors.
// Every descriptor is close-on-exec.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

class Fd {
 public:
  constexpr Fd() = default;
  constexpr explicit Fd(int fd) : fd_(fd) {}
  constexpr Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  constexpr ~Fd() { close(); }
  constexpr int get() const { return fd_; }
  constexpr bool is_open() const { return fd_ != -1; }
  constexpr int release() { return std::exchange(fd_, -1); }
  constexpr void close() {
    if (fd_ != -1) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

Result<Fd> owned(int fd);  // of what open, socket, ... returned

// Names are relative to the working directory, or to dir when one is given.
Result<Fd> open_read(const char* fn, int dir = AT_FDCWD);               // never waits for the other end of a FIFO
Result<Fd> open_write(const char* fn, int dir = AT_FDCWD);              // likewise
Result<Fd> open_append(const char* fn, mode_t, int dir = AT_FDCWD);     // made if missing
Result<Fd> open_exclusive(const char* fn, mode_t, int dir = AT_FDCWD);  // EEXIST when it is there; read and write
Result<Fd> open_truncate(const char* fn, mode_t, int dir = AT_FDCWD);
Result<Fd> open_directory(const char* fn, int dir = AT_FDCWD);

inline Result<> change_dir(const char* dir) { return check(chdir(dir)); }
inline Result<> make_dir(const char* dir, mode_t mode) { return check(mkdir(dir, mode)); }
inline Result<> remove_file(const char* fn) { return check(unlink(fn)); }
Result<> rename_over(const char* from, const char* to);

// Gives from the name to, which must not exist (EEXIST). renameat2 where kernel
// and file system have it, else link and unlink: a crash between those two
// leaves both names, never none.
Result<> rename_new(const char* from, const char* to);

// Waits until the data of the file, or the names in the directory, are on the
// disk. An error is final for this descriptor: the data may be gone even if a
// second call succeeds, so never call it again.
Result<> sync_file(int fd);
Result<> sync_directory(const char* name, int dir = AT_FDCWD);

Result<struct stat> stat_of(int fd);
Result<struct stat> stat_of(const char* fn, int dir = AT_FDCWD);

enum class Lock { wait, try_now };
Result<> lock_exclusive(int fd, Lock);  // flock; EWOULDBLOCK when taken

struct Pipe {
  Fd read, write;
};
Result<Pipe> make_pipe();

// A file in memory, empty, without a name; it can be sealed (memfd_create(2)).
// name is for those who look into /proc.
Result<Fd> make_memory_file(const char* name);
Result<> set_nonblocking(int fd);
Result<> set_inheritable(int fd);  // across exec

// The whole file appended to out; EFBIG when it holds more than max bytes.
class Buf;
Result<> read_all(int fd, Buf& out, size_t max);
