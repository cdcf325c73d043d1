#include "queue/transfer_journal.h"

#include <algorithm>

#include "lib/checksum.h"
#include "lib/io.h"

static constexpr size_t longest_line = 128;

static void append_line(Buf& out, const TransferEntry& e) {
  Buf line;
  for (uint64_t n : {e.key.number, e.key.time, e.key.size, e.key.checksum, e.target}) line.add(Num(n), " "sv);
  line.append_number(crc32c(0, line));
  out.add(line, "\n"sv);
}

static std::optional<TransferEntry> parse_line(Str line) {
  TransferEntry e{};
  Str rest = line;
  for (uint64_t* n : {&e.key.number, &e.key.time, &e.key.size, &e.key.checksum, &e.target}) {
    auto scanned = scan_u64(take_until(rest, ' '));
    if (!scanned) return {};
    *n = *scanned;
  }
  Buf want;
  append_line(want, e);
  return slice(want, 0, want.size() - 1) == line ? std::optional(e) : std::nullopt;
}

Result<TransferJournal> TransferJournal::open(const char* dir) {
  TransferJournal j;
  Buf name;
  name.set(Str(dir), "/journal"sv);
  j.fd_ = TRY(owned(::open(name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)));
  TRY(sync_directory(dir));

  char space[8192];
  Reader in(j.fd_.get(), space);
  Buf line;
  off_t good = 0;
  for (bool cut = false; TRY(in.get_until(line, '\n', longest_line, &cut)) && !cut;) {
    auto entry = parse_line(line);
    if (!entry) break;
    j.entries_.push_back(*entry);
    good += static_cast<off_t>(line.size()) + 1;
  }
  TRY(check(ftruncate(j.fd_.get(), good)));
  std::sort(j.entries_.begin(), j.entries_.end(),
            [](const TransferEntry& a, const TransferEntry& b) { return a.key < b.key; });
  return j;
}

const TransferEntry* TransferJournal::find(const TransferKey& key) const {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), key,
                             [](const TransferEntry& e, const TransferKey& k) { return e.key < k; });
  return at != entries_.end() && at->key == key ? &*at : nullptr;
}

const TransferEntry* TransferJournal::find_number(uint64_t number) const {
  auto at =
      std::find_if(entries_.begin(), entries_.end(), [&](const TransferEntry& e) { return e.key.number == number; });
  return at != entries_.end() ? &*at : nullptr;
}

bool TransferJournal::has_target(uint64_t target) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const TransferEntry& e) { return e.target == target; });
}

Result<> TransferJournal::record(const std::vector<TransferEntry>& entries) {
  Buf text;
  for (const TransferEntry& e : entries) append_line(text, e);
  TRY(write_all(fd_.get(), text));
  return sync_file(fd_.get());
}
