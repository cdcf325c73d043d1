#include "mail/state.h"

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/io.h"
#include "mail/address.h"
#include "mail/queue_files.h"

// header: magic, ID, arrival, checksum of the message's envelope, checksum of these
// record: length of what follows up to the checksum, kind, number, length of
//         address, address, text, checksum of all these
// Checksums of records start from the header's, so that a record of another
// file that a disk brings up in this one's place does not check.
static constexpr Str magic = "qm++stat";
static constexpr size_t header_size = 8 + 8 + 8 + 4 + 4;
static constexpr size_t fixed_size = 1 + 4 + 4;  // kind, number, length of address
static constexpr size_t largest_record = fixed_size + longest_address + 256 + longest_state_text;

static void append_identity(Buf& out, const Trailer& t) {
  out.append(magic);
  append_le(out, t.id);
  append_le(out, static_cast<uint64_t>(t.arrival));
  append_le(out, t.envelope_checksum);
}

static uint32_t identity_checksum(const Trailer& t) {
  Buf b;
  append_identity(b, t);
  return crc32c(0, b);
}

void append_state_header(Buf& out, const Trailer& t) {
  append_identity(out, t);
  append_le(out, identity_checksum(t));
}

void append_state_record(Buf& out, const Trailer& t, const StateRecord& r) {
  Str address = slice(r.address, 0, longest_address + 256), text = slice(r.text, 0, longest_state_text);
  Buf b;
  append_le(b, static_cast<uint32_t>(fixed_size + address.size() + text.size()));
  b.push(static_cast<char>(r.kind));
  append_le(b, r.number);
  append_le(b, static_cast<uint32_t>(address.size()));
  b.append(address);
  b.append(text);
  append_le(b, crc32c(identity_checksum(t), b));
  out.append(b);
}

std::optional<Order> order_of(StateRecord::Kind kind) {
  switch (kind) {
    case StateRecord::Kind::hold: return Order::hold;
    case StateRecord::Kind::release: return Order::none;
    case StateRecord::Kind::expire: return Order::expire;
    case StateRecord::Kind::remove: return Order::remove;
    default: return {};
  }
}

// Has need bytes ready behind at_, unless the file ends before.
Result<bool> StateReader::fill(size_t need) {
  if (ready_.size() - at_ >= need) return true;
  ready_.drop_front(at_);
  at_ = 0;
  char space[65536];
  while (ready_.size() < need) {
    ssize_t n = pread(fd_, space, read_at_once_, static_cast<off_t>(offset_));
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) return Err::last();
    if (n == 0) return false;
    offset_ += static_cast<uint64_t>(n);
    ready_.append(Str(space, static_cast<size_t>(n)));
  }
  return true;
}

Result<bool> StateReader::open(int fd, const Trailer& t) {
  fd_ = fd;
  offset_ = good_ = at_ = 0;
  ready_.clear();
  if (!TRY(fill(header_size))) return false;
  Buf want;
  append_state_header(want, t);
  if (slice(ready_, 0, header_size) != want.view()) return false;
  seed_ = identity_checksum(t);
  at_ = good_ = header_size;
  return true;
}

Result<std::optional<StateRecord>> StateReader::next() {
  std::optional<StateRecord> none;
  if (!TRY(fill(4))) return none;
  size_t length = read_le<uint32_t>(slice(ready_, at_));
  if (length < fixed_size || length > largest_record) return none;
  size_t whole = 4 + length + 4;
  if (!TRY(fill(whole))) return none;
  Str raw = slice(ready_, at_, whole);
  if (crc32c(seed_, slice(raw, 0, 4 + length)) != read_le<uint32_t>(slice(raw, 4 + length))) return none;
  StateRecord r;
  r.kind = static_cast<StateRecord::Kind>(raw[4]);
  r.number = read_le<uint32_t>(slice(raw, 5));
  size_t address = read_le<uint32_t>(slice(raw, 9));
  if (address > length - fixed_size) return none;
  r.address = slice(raw, 4 + fixed_size, address);
  r.text = slice(raw, 4 + fixed_size + address, length - fixed_size - address);
  at_ += whole;
  good_ += whole;
  return std::optional(r);
}

// Who jumps about reads little at a time.
void StateReader::seek(uint64_t place) {
  read_at_once_ = 4096;
  if (place >= good_ && place <= offset_) {
    at_ += static_cast<size_t>(place - good_);
  } else {
    ready_.clear();
    at_ = 0;
    offset_ = place;
  }
  good_ = place;
}

Result<Fd> open_state_alone(const Trailer& t) {
  Buf name, header;
  set_state_name(name, t.id);
  Fd fd = TRY(owned(open(name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)));
  StateReader reader;
  bool ours = TRY(reader.open(fd.get(), t));
  while (ours && TRY(reader.next())) {
  }
  TRY(check(ftruncate(fd.get(), ours ? static_cast<off_t>(reader.good_size()) : 0)));
  if (ours) return fd;
  append_state_header(header, t);
  TRY(write_all(fd.get(), header));
  return fd;
}
