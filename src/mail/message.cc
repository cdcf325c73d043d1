#include "mail/message.h"

#include <string.h>

#include "lib/bytes.h"
#include "lib/checksum.h"

static constexpr Str magic = "qm++mess";
static constexpr uint32_t version = 1;
static constexpr size_t checked_size = trailer_size - 4;  // of the trailer, all but its last field

void append_trailer(Buf& out, const Trailer& t, uint32_t sum_of_envelope) {
  Buf raw;
  raw.append(magic);
  append_le(raw, version);
  append_le(raw, t.body_checksum);
  append_le(raw, t.body_size);
  append_le(raw, t.envelope_size);
  append_le(raw, t.recipients);
  append_le(raw, static_cast<uint64_t>(t.arrival));
  append_le(raw, t.id);
  append_le(raw, t.uid);
  append_le(raw, t.pid);
  append_le(raw, uint32_t{0});
  append_le(raw, crc32c(sum_of_envelope, raw));
  out.append(raw);
}

static std::optional<Trailer> parse_trailer(Str raw) {
  if (slice(raw, 0, magic.size()) != magic) return {};
  Str rest = slice(raw, magic.size());
  if (*take_le<uint32_t>(rest) != version) return {};
  Trailer t;
  t.body_checksum = *take_le<uint32_t>(rest);
  t.body_size = *take_le<uint64_t>(rest);
  t.envelope_size = *take_le<uint64_t>(rest);
  t.recipients = *take_le<uint64_t>(rest);
  t.arrival = static_cast<int64_t>(*take_le<uint64_t>(rest));
  t.id = *take_le<uint64_t>(rest);
  t.uid = *take_le<uint32_t>(rest);
  t.pid = *take_le<uint32_t>(rest);
  take_le<uint32_t>(rest);
  t.envelope_checksum = *take_le<uint32_t>(rest);
  return t;
}

// Exactly n bytes at offset; EBADMSG when the file ends before.
static Result<> read_at(int fd, char* space, size_t n, uint64_t offset) {
  while (n) {
    ssize_t r = pread(fd, space, n, static_cast<off_t>(offset));
    if (r == -1 && errno == EINTR) continue;
    if (r == -1) return Err::last();
    if (r == 0) return Err{EBADMSG};
    space += r;
    n -= static_cast<size_t>(r);
    offset += static_cast<uint64_t>(r);
  }
  return {};
}

Result<Message> Message::open(const char* fn, uint64_t id, int dir) { return take(TRY(open_read(fn, dir)), id); }

Result<Message> Message::take(Fd fd, uint64_t id) {
  Message m;
  m.fd_ = std::move(fd);
  m.status_ = TRY(stat_of(m.fd()));
  if (!S_ISREG(m.status_.st_mode)) return Err{EINVAL};
  auto size = static_cast<uint64_t>(m.status_.st_size);
  if (size < trailer_size) return Err{EBADMSG};
  TRY(read_at(m.fd(), m.raw_, trailer_size, size - trailer_size));
  auto t = parse_trailer(Str(m.raw_, trailer_size));
  uint64_t sum;
  if (!t || t->id != id || __builtin_add_overflow(t->body_size, t->envelope_size, &sum) ||
      __builtin_add_overflow(sum, uint64_t{trailer_size}, &sum) || sum != size)
    return Err{EBADMSG};
  m.trailer_ = *t;
  return m;
}

Result<size_t> Message::read_body(uint64_t at, std::span<char> space) const {
  uint64_t left = trailer_.body_size - at;
  size_t n = left < space.size() ? static_cast<size_t>(left) : space.size();
  TRY(read_at(fd(), space.data(), n, at));
  return n;
}

Result<> Message::check_body() const {
  char space[65536];
  uint32_t sum = 0;
  uint64_t at = 0;
  while (size_t n = TRY(read_body(at, space))) {
    sum = crc32c(sum, Str(space, n));
    at += n;
  }
  if (sum != trailer_.body_checksum) return Err{EBADMSG};
  return {};
}

bool Message::envelope_matches(uint32_t sum_of_envelope) const {
  return crc32c(sum_of_envelope, Str(raw_, checked_size)) == trailer_.envelope_checksum;
}

// What is left of a record moves to the front, and as much as fits is read behind it.
Result<> EnvelopeWalk::fill() {
  size_t kept = ready_.size();
  if (kept) memmove(space_.data(), ready_.data(), kept);
  uint64_t left = message_.trailer().envelope_size - read_to_;
  size_t n = space_.size() - kept;
  if (left < n) n = static_cast<size_t>(left);
  if (n == 0) return Err{EBADMSG};  // a record longer than any we write
  TRY(read_at(message_.fd(), space_.data() + kept, n, message_.envelope_start() + read_to_));
  read_to_ += n;
  ready_ = Str(space_.data(), kept + n);
  return {};
}

Result<std::optional<EnvelopeWalk::Record>> EnvelopeWalk::next() {
  if (cursor_.offset == message_.trailer().envelope_size) {
    if (!message_.envelope_matches(cursor_.sum)) return Err{EBADMSG};
    return std::optional<Record>();
  }
  size_t nul = ready_.find('\0');
  if (nul == Str::npos) {
    TRY(fill());
    nul = ready_.find('\0');
  }
  if (nul == Str::npos || nul == 0) return Err{EBADMSG};
  Str whole = slice(ready_, 0, nul + 1);
  Record r = {whole[0], slice(whole, 1, nul - 1)};
  if (r.kind != (cursor_.offset == 0 ? 'F' : 'T')) return Err{EBADMSG};
  cursor_.sum = crc32c(cursor_.sum, whole);
  cursor_.offset += whole.size();
  cursor_.recipients += r.kind == 'T';
  ready_ = slice(ready_, whole.size());
  return std::optional(r);
}

Result<> Message::check_envelope() const {
  char space[4096];
  EnvelopeWalk walk(*this, space);
  while (TRY(walk.next())) {
  }
  if (trailer_.envelope_size == 0 || walk.cursor().recipients != trailer_.recipients) return Err{EBADMSG};
  return {};
}
