#include "forward/records.h"

void set_key(Buf& key, char kind, Str target) {
  key.clear();
  key.push(kind);
  for (char c : target) key.push(lower(c));
}

// The records stand between the 256 positions of tables and the first table.
static constexpr size_t positions_size = 2048;

RecordWalk::RecordWalk(Str file) {
  if (file.size() < positions_size) return;
  size_t end = read_le<uint32_t>(file);
  if (end < positions_size || end > file.size()) return;
  rest_ = slice(file, positions_size, end - positions_size);
  good_ = true;
}

Result<std::optional<RecordWalk::Record>> RecordWalk::next() {
  if (!good_) return Err{EPROTO};
  if (rest_.empty()) return std::optional<Record>();
  good_ = false;
  auto key = take_le<uint32_t>(rest_), data = take_le<uint32_t>(rest_);
  if (!key || !data || *key > rest_.size() || *data > rest_.size() - *key) return Err{EPROTO};
  Record r = {slice(rest_, 0, *key), slice(rest_, *key, *data)};
  rest_ = slice(rest_, size_t{*key} + *data);
  good_ = true;
  return std::optional(r);
}
