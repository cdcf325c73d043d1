// fixcrio PROGRAM [ ARG ... ]: becomes PROGRAM, with a child that puts a CR in front
// of every LF that has none, in what PROGRAM reads from descriptor 0 and in what it
// writes to descriptor 1: for clients and servers that forget it.
// Exit: 100 usage, 111 PROGRAM cannot be run; else PROGRAM's.
#include "lib/die.h"
#include "tcp/both_ways.h"
#include "tcp/line_ends.h"

const char program[] = "fixcrio";

static void complete(Direction direction, Str piece, Buf& copy, const void*) {
  static constinit CrCompleter in, out;
  (direction == Direction::in ? in : out).append(copy, piece);
}

int main(int argc, char** argv) {
  if (argc < 2) die_usage("fixcrio program [ arg ... ]");
  run_between(argv + 1, complete);
}
