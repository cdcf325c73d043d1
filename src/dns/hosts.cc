#include "dns/hosts.h"

#include "dns/name.h"
#include "lib/sys.h"

Hosts Hosts::from_system() {
  constexpr size_t most = size_t{1} << 20;
  Buf text;
  if (auto opened = open_read("/etc/hosts"); opened.ok()) {
    Fd fd = opened.take();
    if (auto r = read_all(fd.get(), text, most); !r.ok()) text.clear();
  }
  return Hosts(std::move(text));
}

// The next word of a line, cut off; empty at its end.
static Str take_word(Str& line) {
  constexpr Str blanks = " \t\r";
  size_t begin = line.find_first_not_of(blanks);
  if (begin == Str::npos) return line = {};
  line = slice(line, begin);
  Str word = slice(line, 0, line.find_first_of(blanks));
  line = slice(line, word.size());
  return word;
}

// The next line that begins with an address, cut off text; line is what follows
// the address. Nothing when there is none left.
static std::optional<Ip> take_line(Str& text, Str& line) {
  while (!text.empty()) {
    line = take_until(text, '\n');
    line = slice(line, 0, line.find('#'));
    if (auto ip = Ip::parse(take_word(line))) return ip;
  }
  return {};
}

std::optional<Buf> Hosts::name_of(const Ip& wanted) const {
  Str text = text_, line;
  while (auto ip = take_line(text, line)) {
    if (!(*ip == wanted)) continue;
    auto name = DnsName::parse(take_word(line));
    if (!name || name->is_root()) continue;
    Buf out;
    name->append_to(out);
    return out;
  }
  return {};
}

void Hosts::ips_of(Str name, std::vector<Ip>& out) const {
  Str text = text_, line;
  while (auto ip = take_line(text, line)) {
    for (Str word = take_word(line); !word.empty(); word = take_word(line)) {
      if (!same_nocase(word, name)) continue;
      out.push_back(*ip);
      break;
    }
  }
}
