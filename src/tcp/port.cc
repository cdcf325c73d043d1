#include "tcp/port.h"

#include "lib/buf.h"
#include "lib/sys.h"

static Str take_word(Str& line) {
  constexpr Str blanks = " \t\r";
  size_t begin = line.find_first_not_of(blanks);
  line = slice(line, begin == Str::npos ? line.size() : begin);
  Str word = slice(line, 0, line.find_first_of(blanks));
  line = slice(line, word.size());
  return word;
}

// NAME PORT/PROTOCOL [ ALIAS ... ] [ #COMMENT ]
std::optional<uint16_t> find_service(Str services, Str name) {
  while (!services.empty()) {
    Str line = take_until(services, '\n');
    line = slice(line, 0, line.find('#'));
    Str official = take_word(line), protocol = take_word(line);
    auto port = scan_u64(take_until(protocol, '/'), UINT16_MAX);
    if (!port || protocol != "tcp") continue;
    for (Str alias = official; !alias.empty(); alias = take_word(line))
      if (alias == name) return static_cast<uint16_t>(*port);
  }
  return {};
}

std::optional<uint16_t> find_port(Str text) {
  constexpr size_t most = size_t{1} << 20;
  if (auto n = scan_u64(text, UINT16_MAX)) return static_cast<uint16_t>(*n);
  auto opened = open_read("/etc/services");
  if (!opened.ok()) return {};
  Fd fd = opened.take();
  Buf services;
  if (!read_all(fd.get(), services, most).ok()) return {};
  return find_service(services, text);
}
