#include "admin/search_list.h"

#include "lib/sys.h"

static Str take_word(Str& line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  size_t n = 0;
  while (n < line.size() && !is_blank(line[n])) ++n;
  Str word = slice(line, 0, n);
  line = slice(line, n);
  return word;
}

std::vector<Buf> search_list(Str resolv_conf) {
  std::vector<Buf> domains;
  while (!resolv_conf.empty()) {
    Str line = take_until(resolv_conf, '\n');
    Str key = take_word(line);
    if (key != "search" && key != "domain") continue;
    domains.clear();
    for (Str word = take_word(line); !word.empty(); word = take_word(line)) {
      while (word.ends_with('.')) word.remove_suffix(1);
      if (word.empty()) continue;
      domains.emplace_back();
      domains.back().set(word);
      if (key == "domain") break;
    }
  }
  return domains;
}

std::vector<Buf> system_search_list() {
  Buf text;
  auto fd = open_read("/etc/resolv.conf");
  if (!fd.ok() || !read_all(fd.take().get(), text, 65536).ok()) return {};
  return search_list(text);
}

std::vector<Buf> candidates(Str name, const std::vector<Buf>& domains) {
  std::vector<Buf> names;
  if (name.find('.') == Str::npos)
    for (const Buf& domain : domains) {
      names.emplace_back();
      names.back().set(name, "."sv, domain);
    }
  names.emplace_back();
  names.back().set(name);
  return names;
}
