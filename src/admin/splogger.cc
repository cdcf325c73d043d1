// splogger [ tag [ facility ] ] -- hand the lines on descriptor 0 to syslog
// under a tag (splogger), in the facility of that number (2: mail).
//
// A line becomes "SECONDS.MICROSECONDS text", the time being that of its first
// byte; its priority is alert or warning when it begins with "alert:" or
// "warning:", else info. Bytes that are no ASCII text become '?'; empty lines
// are left out. Of a long line each further piece has '+' for the space. A line
// without its end is no line: what is left of it at the end of input is dropped.
// Exits 0 at the end of input, 111 when it cannot be read.
#include <time.h>

#include "lib/die.h"
#include "lib/io.h"
#include "lib/system_log.h"
#include "lib/time.h"
#include "mail/jails.h"

const char program[] = "splogger";

static constexpr size_t piece_size = 799;
static char input[4096];
static char piece[piece_size];
enum : unsigned { alert = 1, warning = 4, info = 6 };  // syslog's severities
static constexpr uint64_t mail = 2, most_facilities = 24;
static size_t used;        // bytes of the line that wait in piece
static bool is_continued;  // is there an earlier piece of this line?
static int64_t arrival;
static unsigned severity;

static void log_piece(SystemLog& log) {
  Str text(piece, used);
  if (!is_continued) severity = text.starts_with("alert:") ? alert : text.starts_with("warning:") ? warning : info;
  static Buf line;
  line.set(Num(static_cast<uint64_t>(arrival / 1000000)), "."sv);
  line.append_padded(static_cast<uint64_t>(arrival % 1000000), 6);
  line.add(is_continued ? "+"sv : " "sv, text);
  log.write(severity, line);
  used = 0;
  is_continued = true;
}

static void take(SystemLog& log, char c) {
  if (c == '\n') {
    if (used) log_piece(log);
    is_continued = false;
    return;
  }
  if (used == piece_size) log_piece(log);
  if (used == 0 && !is_continued) arrival = now_microseconds();
  piece[used++] = c < ' ' || c > '~' ? '?' : c;
}

int main(int argc, char** argv) {
  uint64_t facility = argc > 2 ? scan_u64(argv[2], most_facilities - 1).value_or(mail) : mail;
  SystemLog log(argc > 1 ? Str(argv[1]) : "splogger"sv, static_cast<unsigned>(facility));

  tzset();  // reads a file
  enter_jail(jails::splogger);

  Reader reader(0, input);
  for (;;) {
    Str bytes = must(reader.peek(), {"read input"});
    if (bytes.empty()) return 0;
    for (char c : bytes) take(log, c);
    reader.skip(bytes.size());
  }
}
