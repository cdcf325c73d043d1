#include "forward/list.h"

std::optional<Str> take_entry(Str& list) {
  size_t end = list.find('\0');
  if (end == Str::npos || end == 0) return {};
  Str entry = slice(list, 0, end);
  if ("&./"sv.find(entry[0]) == Str::npos || entry.find('\n') != Str::npos) return {};
  if (entry[0] == '&' && entry.size() >= longest_entry) return {};
  list = slice(list, end + 1);
  return entry;
}

void append_list_name(Buf& out, Str name, Str end) {
  if (!name.starts_with('.') && !name.starts_with('/')) out.append("./");
  out.add(name, end);
  out.push('\0');
}
