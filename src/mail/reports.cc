#include "mail/reports.h"

#include "lib/bytes.h"

void Reports::put(uint32_t number, std::initializer_list<Str> text) {
  append_le(out_, number);
  for (Str s : text) {
    size_t nul = s.find('\0');
    out_.append(slice(s, 0, nul));
    if (nul != Str::npos) break;
  }
  out_.push('\0');
}
void Reports::put_all(const Delivery& d, std::initializer_list<Str> text) {
  for (const auto& to : d.to) put(to.number, text);
}
