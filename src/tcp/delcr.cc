// delcr: copies descriptor 0 to descriptor 1 and removes the CR in front of every LF; of several one.
// Exit: 0 at the end of input, 111 when something cannot be read or written.
#include "lib/die.h"
#include "lib/io.h"
#include "tcp/line_ends.h"

const char program[] = "delcr";

int main() {
  static char space[8192];
  Reader in(0, space);
  Buf out;
  CrRemover remover;
  for (;;) {
    Str piece = must(in.peek(), {"read input"});
    if (piece.empty()) break;
    out.clear();
    remover.append(out, piece);
    must(write_all(1, out), {"write output"});
    in.skip(piece.size());
  }
  out.clear();
  remover.end(out);
  must(write_all(1, out), {"write output"});
}
