#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>

#include "lib/die.h"

Buf::~Buf() { free(s_); }

bool Buf::try_reserve(size_t more) {
  size_t need;  // with the NUL
  if (__builtin_add_overflow(len_, more, &need) || __builtin_add_overflow(need, size_t{1}, &need)) return false;
  if (need <= room_) return true;
  size_t room;
  if (__builtin_add_overflow(need, need / 8 + 30, &room)) return false;
  char* s = static_cast<char*>(realloc(s_, room));
  if (!s) return false;
  s_ = s;
  s_[len_] = 0;
  room_ = room;
  return true;
}

bool Buf::try_append(Str more) {
  if (!try_reserve(more.size())) return false;
  if (!more.empty()) memcpy(s_ + len_, more.data(), more.size());
  s_[len_ += more.size()] = 0;
  return true;
}

void Buf::append(Str more) {
  if (!try_append(more)) out_of_memory();
}

void Buf::drop_front(size_t n) {
  if (n >= len_) return clear();
  memmove(s_, s_ + n, len_ - n);
  cut(len_ - n);
}

void Buf::append_number(uint64_t u) { append(Num(u)); }

void Buf::append_padded(uint64_t u, size_t width) {
  Num digits(u);
  for (size_t n = Str(digits).size(); n < width; ++n) push('0');
  append(digits);
}

Num::Num(uint64_t u) {
  do {
    space_[--at_] = static_cast<char>('0' + u % 10);
    u /= 10;
  } while (u);
}
