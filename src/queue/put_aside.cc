#include "queue/put_aside.h"

#include "lib/sys.h"

Result<> put_aside(const char* name, uint64_t id, Str ending, Buf& to) {
  to.set("bad/"sv, Num(id), ending);
  for (unsigned copy = 1; copy < 1000; ++copy) {
    auto moved = rename_new(name, to.c_str());
    if (moved.ok() || moved.error().code != EEXIST) return moved;
    to.set("bad/"sv, Num(id), "."sv, Num(copy), ending);
  }
  return Err{EEXIST};
}
