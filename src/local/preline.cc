// preline [ -frdFRD ] cmd [ arg ... ] -- run cmd with the lines of a delivery in
// front of the message. In a dot-qmail file: |preline procmail
// cmd gets $UFLINE, $RPLINE, $DTLINE (without what -f, -r, -d leave out) and then
// our descriptor 0. Exits as cmd does; 100 or 111 when it cannot be run.
#include "lib/die.h"
#include "lib/env.h"
#include "lib/feed.h"
#include "lib/options.h"

const char program[] = "preline";

[[noreturn]] static void usage() { die_usage("preline cmd [ arg ... ]"); }

static Str needed(const char* variable) {
  auto value = env(variable);
  if (!value) usage();
  return *value;
}

int main(int argc, char** argv) {
  Str from = needed("UFLINE"), return_path = needed("RPLINE"), delivered_to = needed("DTLINE");
  Str front[] = {from, return_path, delivered_to};

  Options options(argc, argv, "frdFRD");
  while (char letter = options.next()) {
    switch (letter) {
      case 'f': front[0] = {}; break;
      case 'r': front[1] = {}; break;
      case 'd': front[2] = {}; break;
      case 'F': front[0] = from; break;
      case 'R': front[1] = return_path; break;
      case 'D': front[2] = delivered_to; break;
      default: usage();
    }
  }
  if (options.rest_count() == 0) usage();
  run_fed(options.rest(), front);
}
