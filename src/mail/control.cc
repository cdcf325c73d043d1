#include "mail/control.h"

#include <algorithm>

Lines::Lines(Buf text) : text_(std::move(text)) {
  for (Str rest = text_; !rest.empty();) {
    Str entry = trim_right(take_until(rest, '\n'));
    if (!entry.empty() && entry[0] != '#') entries_.push_back(entry);
  }
}

Table::Table(Lines lines, Form form) : lines_(std::move(lines)), form_(form) {
  sorted_.reserve(lines_.entries().size());
  for (Str line : lines_.entries()) {
    Str key = line;
    if (form == Form::pairs) key = take_until(line, ':');
    sorted_.push_back({key, form == Form::pairs ? line : Str()});
  }
  // Equal keys stay in the order of the file: the texts they point into say it.
  std::sort(sorted_.begin(), sorted_.end(), [](const Match& a, const Match& b) {
    int order = compare_nocase(a.key, b.key);
    return order ? order < 0 : a.key.data() < b.key.data();
  });
}

std::optional<Table::Match> Table::find(Str key) const {
  auto at = std::lower_bound(sorted_.begin(), sorted_.end(), key,
                             [](const Match& m, Str k) { return compare_nocase(m.key, k) < 0; });
  if (at == sorted_.end() || !same_nocase(at->key, key)) return {};
  return *at;
}

std::optional<Table::Match> Table::find_host(Str host) const {
  if (auto m = find(host)) return m;
  for (size_t i = 1; i < host.size(); ++i)
    if (host[i] == '.')
      if (auto m = find(slice(host, i))) return m;
  if (form_ == Form::pairs && !host.empty()) return find("");
  return {};
}

static constexpr size_t longest_line = 65536;
static constexpr size_t largest_list = size_t{1} << 30;

Result<Control> Control::open(const char* root) {
  Buf path;
  path.set(Str(root), "/control");
  return Control(TRY(open_directory(path.c_str())));
}

Result<bool> Control::read(const char* name, Buf& out, size_t max) const {
  out.clear();
  auto fd = open_read(name, dir_.get());
  if (!fd.ok()) {
    if (fd.error().code == ENOENT) return false;
    return fd.error();
  }
  TRY(read_all(fd.take().get(), out, max));
  return true;
}

Result<bool> Control::line(const char* name, Buf& out) const {
  if (!TRY(read(name, out, longest_line))) return false;
  Str all = out;
  out.cut(trim_right(take_until(all, '\n')).size());
  return true;
}

Result<> Control::line_or_me(const char* name, Buf& out, Str otherwise) const {
  if (TRY(line(name, out))) return {};
  if (TRY(line("me", out))) return {};
  out.set(otherwise);
  return {};
}

Result<> Control::number(const char* name, uint64_t& value) const {
  Buf text;
  if (!TRY(line(name, text))) return {};
  Str digits = text;
  if (auto n = take_u64(digits)) value = *n;
  return {};
}

Result<std::optional<Lines>> Control::lines(const char* name) const {
  Buf text;
  if (!TRY(read(name, text, largest_list))) return std::optional<Lines>();
  return std::optional<Lines>(Lines(std::move(text)));
}

Result<std::optional<Table>> Control::table(const char* name, Table::Form form) const {
  auto entries = TRY(lines(name));
  if (!entries) return std::optional<Table>();
  return std::optional<Table>(Table(std::move(*entries), form));
}

Result<std::optional<Cdb>> Control::database(const char* name) const {
  auto db = Cdb::open(name, dir_.get());
  if (db.ok()) return std::optional<Cdb>(db.take());
  if (db.error().code == ENOENT) return std::optional<Cdb>();
  return db.error();
}
