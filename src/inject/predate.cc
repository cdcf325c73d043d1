// predate child [ arg ... ] -- run child with a Date field of local time in front
// of what it reads from descriptor 0. Exits as child does; 100 or 111 when it
// cannot be run.
#include <time.h>

#include "lib/die.h"
#include "lib/feed.h"
#include "lib/time.h"
#include "mail/date.h"

const char program[] = "predate";

// How far local time is ahead of UTC, in seconds.
static int64_t zone_at(int64_t now) {
  time_t t = now;
  tm local{};
  return localtime_r(&t, &local) ? local.tm_gmtoff : 0;
}

int main(int argc, char** argv) {
  if (argc < 2) die_usage("predate child [ arg ... ]");
  int64_t now = now_seconds();
  Buf line;
  line.append("Date: ");
  append_local_date(line, now, zone_at(now));
  line.push('\n');
  Str front[] = {line};
  run_fed(argv + 1, front);
}
