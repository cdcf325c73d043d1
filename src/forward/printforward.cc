// printforward -- print the forwarding database on descriptor 0 as instructions for
// setforward, on descriptor 1. Exit: 0 done, 100 it is no such database, 111
// trouble with files.
#include "forward/instructions.h"
#include "forward/records.h"
#include "lib/die.h"
#include "lib/io.h"

const char program[] = "printforward";

static constexpr size_t largest_database = size_t{1} << 32;
static char space[65536];

static bool append_record(Buf& out, const RecordWalk::Record& r) {
  Str key = r.key, data = r.data;
  if (key.empty()) return false;
  append_escaped(out, slice(key, 1));
  if (key[0] == owner_of) {
    out.append(": ?");
    append_escaped(out, data);
    out.append(";\n");
    return true;
  }
  if (key[0] != commands_of || (!data.empty() && data.back() != '\0')) return false;
  out.append(":\n");
  while (!data.empty()) {
    out.append(", ");
    append_escaped(out, take_until(data, '\0'));
    out.push('\n');
  }
  out.append(";\n");
  return true;
}

int main(int argc, char**) {
  if (argc != 1) die_usage("printforward");
  Buf file;
  must(read_all(0, file, largest_database), {"read input"});
  Writer out(1, space);
  RecordWalk walk(file);
  Buf text;
  for (;;) {
    auto next = walk.next();
    auto record = next.ok() ? next.take() : std::nullopt;
    if (next.ok() && !record) break;
    text.clear();
    if (!next.ok() || !append_record(text, *record)) {
      must(out.flush(), {"write output"});
      die(permanent, {"bad database format"});
    }
    must(out.put(text), {"write output"});
  }
  must(out.flush(), {"write output"});
}
