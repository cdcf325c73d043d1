#include "lib/die.h"

#include <string.h>
#include <unistd.h>

namespace {
struct Line {
  char text[4096];
  size_t n = 0;

  void add(Str s) {
    s = slice(s, 0, sizeof text - 1 - n);
    if (!s.empty()) memcpy(text + n, s.data(), s.size());
    n += s.size();
  }
  void add(std::initializer_list<Str> parts) {
    for (Str s : parts) add(s);
  }
  void write_to(int fd) {
    if (write(fd, text, n) == -1) {
    }  // nowhere left to complain
  }
};
}  // namespace

static void report(Str kind, std::initializer_list<Str> parts, Err err) {
  Line line;
  line.add({program, kind});
  line.add(parts);
  if (err.code) line.add({": ", error_text(err)});
  line.text[line.n++] = '\n';
  line.write_to(2);
}

void say(int fd, std::initializer_list<Str> parts) {
  Line line;
  line.add(parts);
  line.write_to(fd);
}

void warn(std::initializer_list<Str> parts, Err err) { report(": warning: ", parts, err); }
void die(int code, std::initializer_list<Str> parts, Err err) {
  report(": fatal: ", parts, err);
  _exit(code);
}
void die_unable(int code, std::initializer_list<Str> parts, Err err) {
  report(": fatal: unable to ", parts, err);
  _exit(code);
}
void die_usage(Str synopsis) {
  report(": usage: ", {synopsis}, {0});
  _exit(permanent);
}
static void (*memory_end)();
void at_out_of_memory(void (*end)()) { memory_end = end; }
void out_of_memory() {
  if (memory_end) memory_end();
  die(temporary, {"out of memory"});
}
