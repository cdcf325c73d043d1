// mconnect-io: copies descriptor 0 to descriptor 7, with a CR in front of every LF,
// and descriptor 6 to descriptor 1, until that ends: a person's side of a line
// protocol, for tcpclient to run.
// Exit: 0, whoever ended.
#include "tcp/both_ways.h"
#include "tcp/line_ends.h"

extern const char program[];
const char program[] = "mconnect-io";

static void add_cr(Direction direction, Str piece, Buf& copy, const void*) {
  if (direction == Direction::in)
    append_with_cr(copy, piece);
  else
    copy.append(piece);
}

int main() { copy_both_ways({0, 7}, {6, 1}, add_cr, nullptr); }
