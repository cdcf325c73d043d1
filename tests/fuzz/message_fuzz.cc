// Files of the queue: a message, and the state of one. Checksums are always right:
// what stands behind them must hold against more than accidents.
#include "fuzz.h"
#include "lib/checksum.h"
#include "lib/die.h"
#include "mail/message.h"
#include "mail/state.h"

extern const char program[];
const char program[] = "message_fuzz";

uint32_t crc32c(uint32_t, Str) { return 0; }

static void read_message(Str input) {
  auto taken = Message::take(must(owned(dup(memory_file(input))), {"dup"}), 1);
  if (!taken.ok()) return;
  Message m = taken.take();
  (void)m.check_body();
  static char space[4096];
  EnvelopeWalk walk(m, space);
  for (;;) {
    auto next = walk.next();
    if (!next.ok() || !next.take()) break;
  }
}

static void read_state(Str input) {
  Trailer of_message;
  of_message.id = 1;
  of_message.recipients = 100;
  StateReader reader;
  auto opened = reader.open(memory_file(input), of_message);
  if (!opened.ok() || !opened.take()) return;
  for (;;) {
    auto next = reader.next();
    if (!next.ok()) break;
    auto record = next.take();
    if (!record) break;
    hold(reader.good_size() <= input.size());
  }
}

void fuzz(Str input) {
  read_message(input);
  read_state(input);
}
