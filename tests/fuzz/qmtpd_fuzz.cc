// A connection to qmail-qmtpd: the program itself, but for main.
#define main qmtpd_main
#include "smtp/qmail-qmtpd.cc"
#undef main

#include "no_queue.h"

const bool from_anybody = true;

void fuzz(Str input) {
  memory_input = input;
  Admission admission{.relay = RelayPolicy::trusting(), .relayclient = "", .databytes = 2000, .maxrcpt = 5};
  char in_space[64], out_space[512];
  Writer out(-1, out_space, write_nowhere);
  Reader network(-1, in_space, nullptr, read_memory);
  NetstringReader in(network);
  QueueService none;
  while (serve_message(in, out, none, admission, Origin{}).ok()) {
  }
}
