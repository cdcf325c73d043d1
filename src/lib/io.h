// Buffered reading and writing on descriptors. The caller owns descriptor and
// space; both are usually static, so that a running program never allocates for I/O.
#pragma once
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/err.h"

// How bytes are moved. The default is read(2) and write(2); a time limit or TLS
// is another operation with a context of its own.
using ReadOp = ssize_t (*)(int fd, char* space, size_t, const void* context);
using WriteOp = ssize_t (*)(int fd, const char* bytes, size_t, const void* context);
ssize_t plain_read(int fd, char* space, size_t, const void*);
ssize_t plain_write(int fd, const char* bytes, size_t, const void*);

// Reads or writes when it can be done within context, an int of seconds; else
// fails with ETIMEDOUT. The limit is for each call, as timeoutsmtpd and
// timeoutremote are.
ssize_t timed_read(int fd, char* space, size_t, const void* seconds);
ssize_t timed_write(int fd, const char* bytes, size_t, const void* seconds);

// Reads or writes when it can be done before context, a Deadline; else fails with
// ETIMEDOUT. All that is to come has one limit, however it drips in.
ssize_t read_until(int fd, char* space, size_t, const void* deadline);
ssize_t write_until(int fd, const char* bytes, size_t, const void* deadline);

Result<> write_all(int fd, Str, WriteOp = plain_write, const void* context = nullptr);

class Writer {
 public:
  constexpr Writer(int fd, std::span<char> space, WriteOp op = plain_write, const void* context = nullptr)
      : fd_(fd), space_(space), op_(op), context_(context) {}
  void set_fd(int fd) { fd_ = fd; }
  Result<> put(Str);
  Result<> put(std::initializer_list<Str> parts) {
    for (Str s : parts) TRY(put(s));
    return {};
  }
  Result<> flush();

 private:
  int fd_;
  std::span<char> space_;
  size_t used_ = 0;
  WriteOp op_;
  const void* context_;
};

class Reader {
 public:
  // A tied writer is flushed before a read that may block.
  constexpr Reader(int fd, std::span<char> space, Writer* tied = nullptr, ReadOp op = plain_read,
                   const void* context = nullptr)
      : fd_(fd), space_(space), tied_(tied), op_(op), context_(context) {}
  void set_fd(int fd) { fd_ = fd; }

  // What is buffered, reading once if nothing is; empty at the end of input.
  // Take it with skip(n); it is valid until the next call.
  Result<Str> peek();
  void skip(size_t n) { at_ += n; }

  // Would peek() return at once, with input or with its end?
  bool ready() const;
  Str buffered() const { return Str(space_.data() + at_, end_ - at_); }

  // Reads up to and including sep, which is dropped. False: the input ended
  // first; line then holds what there was. At most max bytes are kept in line;
  // of longer ones the rest is skipped and *cut, when given, set.
  Result<bool> get_until(Buf& line, char sep, size_t max, bool* cut = nullptr);

 private:
  int fd_;
  std::span<char> space_;
  size_t at_ = 0, end_ = 0;
  Writer* tied_ = nullptr;
  ReadOp op_;
  const void* context_;
};
