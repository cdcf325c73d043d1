#include "remote/timeout_table.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/io.h"

static constexpr size_t record_size = 32;
static constexpr Str head = "qm++ tcpto table, version 1.....\n";
static_assert(head.size() == record_size + 1);
static constexpr Str magic = slice(head, 0, record_size);

Result<> TimeoutTable::create(int fd) {
  TRY(check(ftruncate(fd, 0)));
  if (pwrite(fd, magic.data(), magic.size(), 0) == -1) return Err::last();
  return {};
}

Result<TimeoutTable> TimeoutTable::read(int fd) {
  struct stat st;
  TRY(check(fstat(fd, &st)));
  if (!S_ISREG(st.st_mode)) return Err{EPROTO};
  char space[record_size * (records + 1)];
  ssize_t n = pread(fd, space, sizeof space, 0);
  if (n == -1) return Err::last();
  Str rest(space, static_cast<size_t>(n));
  if (slice(rest, 0, record_size) != magic) return Err{EPROTO};
  rest = slice(rest, record_size);

  // Records that were never written are not in the file, or are zero.
  TimeoutTable t;
  for (size_t i = 0; i < records && rest.size() >= record_size; ++i) {
    Str raw = slice(rest, 0, record_size);
    rest = slice(rest, record_size);
    Record& r = t.all_[i];
    if ((raw[0] != 4 && raw[0] != 6) || static_cast<uint8_t>(raw[1]) > most_timeouts) continue;
    r.ip.family = raw[0] == 4 ? Ip::Family::v4 : Ip::Family::v6;
    r.count = static_cast<uint8_t>(raw[1]);
    r.when = static_cast<int64_t>(read_le<uint64_t>(slice(raw, 8)));
    for (size_t b = 0; b < r.ip.size(); ++b) r.ip.bytes[b] = static_cast<uint8_t>(raw[16 + b]);
  }
  return t;
}

Result<> TimeoutTable::write(int fd, size_t i) const {
  const Record& r = all_[i];
  Buf raw;
  raw.push(r.ip.family == Ip::Family::v4 ? 4 : 6);
  raw.push(static_cast<char>(r.count));
  raw.append("\0\0\0\0\0\0"sv);
  append_le(raw, static_cast<uint64_t>(r.when));
  for (uint8_t b : r.ip.bytes) raw.push(static_cast<char>(b));
  if (pwrite(fd, raw.c_str(), raw.size(), static_cast<off_t>(record_size * (i + 1))) == -1) return Err::last();
  return {};
}

std::optional<size_t> TimeoutTable::find(const Ip& ip) const {
  for (size_t i = 0; i < records; ++i)
    if (all_[i].count && all_[i].ip == ip) return i;
  return {};
}

bool TimeoutTable::holds_back(const Ip& ip, int64_t now, uint32_t spread) const {
  auto i = find(ip);
  if (!i || all_[*i].count < 2) return false;
  int64_t since = now - all_[*i].when;
  return since >= 0 && since < (60 + int64_t{spread}) * 64;
}

std::optional<size_t> TimeoutTable::note_timeout(const Ip& ip, int64_t now) {
  if (auto i = find(ip)) {
    Record& r = all_[*i];
    // Several processes that waited at the same time saw one and the same trouble.
    if (now >= r.when && now < r.when + 120) return {};
    if (r.count < most_timeouts) ++r.count;
    r.when = now;
    return i;
  }
  // A free place, else that of the oldest; each timeout counts like 1024 seconds.
  size_t best = 0;
  auto worth = [](const Record& r) { return r.count ? r.when + int64_t{r.count} * 1024 : INT64_MIN; };
  for (size_t i = 1; i < records; ++i)
    if (worth(all_[i]) < worth(all_[best])) best = i;
  all_[best] = {ip, 1, now};
  return best;
}

std::optional<size_t> TimeoutTable::note_answer(const Ip& ip) {
  auto i = find(ip);
  if (i) all_[*i].count = 0;
  return i;
}
