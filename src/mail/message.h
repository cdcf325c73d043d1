// A message at rest: one file, written once, never changed (doc/internals.md).
//
//   body      the message, qmail-queue's Received line first
//   envelope  F sender NUL, then T recipient NUL for each recipient
//   trailer   of fixed size: all below, and the checksums
#pragma once
#include "lib/buf.h"
#include "lib/sys.h"

inline constexpr size_t trailer_size = 72;

struct Trailer {
  uint64_t id = 0;
  uint64_t body_size = 0, envelope_size = 0;
  uint64_t recipients = 0;
  int64_t arrival = 0;        // Unix time, seconds
  uint32_t uid = 0, pid = 0;  // who ran qmail-queue; its own pid, the "qp" of logs
  uint32_t body_checksum = 0;
  uint32_t envelope_checksum = 0;  // of the envelope followed by the trailer up to here
};

// Appends the trailer_size bytes. envelope_checksum of t is ignored: it is made
// from sum_of_envelope, the checksum of the envelope's bytes.
void append_trailer(Buf&, const Trailer& t, uint32_t sum_of_envelope);

// An accepted message, open for reading.
class Message {
 public:
  // Checks the trailer's form, that the sizes add up to the file's and that the
  // ID is the one asked for, but no checksum. EBADMSG: damaged. fn must be a
  // regular file (else EINVAL).
  static Result<Message> open(const char* fn, uint64_t id, int dir = AT_FDCWD);
  static Result<Message> take(Fd, uint64_t id);  // the same of an open file

  int fd() const { return fd_.get(); }
  const Trailer& trailer() const { return trailer_; }
  uint64_t envelope_start() const { return trailer_.body_size; }
  const struct stat& status() const { return status_; }

  // Fills space with the body's bytes from offset at on, by pread, and says how
  // many there are: 0 at the end. EBADMSG: the file ends before.
  Result<size_t> read_body(uint64_t at, std::span<char> space) const;

  // Reads the body once, front to back. EBADMSG: damaged.
  Result<> check_body() const;

  // Reads the envelope once: its records, their number, the checksum. EBADMSG: damaged.
  Result<> check_envelope() const;

  // Given the checksum of the whole envelope: is the one stored right?
  bool envelope_matches(uint32_t sum_of_envelope) const;

 private:
  Message() = default;
  Fd fd_;
  Trailer trailer_;
  struct stat status_ {};
  char raw_[trailer_size] = {};
};

// A place between two records of an envelope.
struct EnvelopeCursor {
  uint64_t offset = 0;      // of the next record, from the envelope's start
  uint64_t recipients = 0;  // recipients before it: the number of the next one
  uint32_t sum = 0;         // checksum of all bytes before it
};

// Walks through the records of an envelope, from the start or from where an
// earlier walk was left, with a space of the caller's, which must hold the
// longest record. Reads with pread: any number of walks share a descriptor.
class EnvelopeWalk {
 public:
  struct Record {
    char kind;    // F or T
    Str address;  // valid until the next call
  };
  EnvelopeWalk(const Message& m, std::span<char> space, EnvelopeCursor from = {})
      : message_(m), space_(space), cursor_(from), read_to_(from.offset) {}

  // The next record; nothing at the end, where the checksum has been compared.
  // EBADMSG: the envelope is damaged.
  Result<std::optional<Record>> next();

  const EnvelopeCursor& cursor() const { return cursor_; }  // behind what next returned

 private:
  Result<> fill();
  const Message& message_;
  std::span<char> space_;
  EnvelopeCursor cursor_;
  uint64_t read_to_;  // offset behind what is ready
  Str ready_;         // read and not yet returned
};
