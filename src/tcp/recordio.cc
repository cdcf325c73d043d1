// recordio PROGRAM [ ARG ... ]: becomes PROGRAM, with a child that writes to
// descriptor 2 what PROGRAM reads from descriptor 0 ("PID < text") and writes to
// descriptor 1 ("PID > text"). A line's end shows as a space there, a piece that
// ends within a line as "+"; pieces have at most 256 bytes.
// Exit: 100 usage, 111 PROGRAM cannot be run; else PROGRAM's.
#include "lib/die.h"
#include "lib/io.h"
#include "tcp/both_ways.h"

const char program[] = "recordio";

static void record(Direction direction, Str piece, Buf& copy, const void* context) {
  static constinit Buf log;
  constexpr size_t longest = 256;
  Num pid(static_cast<uint64_t>(*static_cast<const pid_t*>(context)));
  Str arrow = direction == Direction::in ? " < " : " > ";
  copy.append(piece);
  log.clear();
  if (piece.empty()) log.add(pid, arrow, "[EOF]\n");
  while (!piece.empty()) {
    Str part = slice(piece, 0, longest);
    piece = slice(piece, part.size());
    while (!part.empty()) {
      bool whole = part.find('\n') != Str::npos;
      log.add(pid, arrow, take_until(part, '\n'), whole ? " \n" : "+\n");
    }
  }
  (void)write_all(2, log);  // the connection goes on without a log
}

int main(int argc, char** argv) {
  if (argc < 2) die_usage("recordio program [ arg ... ]");
  run_between(argv + 1, record);
}
