// addcr: copies descriptor 0 to descriptor 1 and puts a CR in front of every LF.
// Exit: 0 at the end of input, 111 when something cannot be read or written.
#include "lib/die.h"
#include "lib/io.h"
#include "tcp/line_ends.h"

const char program[] = "addcr";

int main() {
  static char space[8192];
  Reader in(0, space);
  Buf out;

  for (;;) {
    Str piece = must(in.peek(), {"read input"});
    if (piece.empty()) break;
    out.clear();
    append_with_cr(out, piece);
    must(write_all(1, out), {"write output"});
    in.skip(piece.size());
  }
}
