// A connection to qmail-qmqpd: the program itself, but for main.
#define main qmqpd_main
#include "smtp/qmail-qmqpd.cc"
#undef main

#include "no_queue.h"

const bool from_anybody = false;  // QMQP is for our own machines, which hand on what they took

void fuzz(Str input) {
  memory_input = input;
  char in_space[64], out_space[512];
  Writer out(-1, out_space, write_nowhere);
  Reader network(-1, in_space, nullptr, read_memory);
  NetstringReader in(network);
  (void)serve(in, out);
}
