// splogger [ tag [ facility ] ] -- hand the lines on descriptor 0 to syslog
// under a tag (splogger), in the facility of that number (2: mail).
//
// A line becomes "SECONDS.MICROSECONDS text", the time being that of its first
// byte; its priority is alert or warning when it begins with "alert:" or
// "warning:", else info. Bytes that are no ASCII text become '?'; empty lines
// are left out. Of a long line each further piece has '+' for the space. A line
// without its end is no line: what is left of it at the end of input is dropped.
// Exits 0 at the end of input, 111 when it cannot be read.
#include <syslog.h>

#include "lib/die.h"
#include "lib/io.h"
#include "lib/time.h"

const char program[] = "splogger";

static constexpr size_t piece_size = 799;
static char input[4096];
static char piece[piece_size];
static size_t used;        // bytes of the line that wait in piece
static bool is_continued;  // is there an earlier piece of this line?
static int64_t arrival;
static int priority;

static void log_piece() {
  Str text(piece, used);
  if (!is_continued)
    priority = text.starts_with("alert:") ? LOG_ALERT : text.starts_with("warning:") ? LOG_WARNING : LOG_INFO;
  syslog(priority, "%lld.%06d%c%.*s", static_cast<long long>(arrival / 1000000), static_cast<int>(arrival % 1000000),
         is_continued ? '+' : ' ', static_cast<int>(used), piece);
  used = 0;
  is_continued = true;
}

static void take(char c) {
  if (c == '\n') {
    if (used) log_piece();
    is_continued = false;
    return;
  }
  if (used == piece_size) log_piece();
  if (used == 0 && !is_continued) arrival = now_microseconds();
  piece[used++] = c < ' ' || c > '~' ? '?' : c;
}

int main(int argc, char** argv) {
  int facility = LOG_MAIL;
  if (argc > 2)
    if (auto number = scan_u64(argv[2], LOG_NFACILITIES - 1)) facility = static_cast<int>(*number << 3);
  openlog(argc > 1 ? argv[1] : "splogger", 0, facility);

  Reader reader(0, input);
  for (;;) {
    Str bytes = must(reader.peek(), {"read input"});
    if (bytes.empty()) return 0;
    for (char c : bytes) take(c);
    reader.skip(bytes.size());
  }
}
