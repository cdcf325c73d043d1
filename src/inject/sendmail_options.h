// The command line of sendmail(8) as twenty years of programs write it.
#pragma once
#include <vector>

#include "lib/str.h"

struct SendmailCall {
  enum class Mode : uint8_t { deliver, smtp, list_queue, rebuild_aliases, run_queue, usage };
  Mode mode = Mode::deliver;
  bool header_recipients = false;  // -t
  const char* sender = nullptr;    // -f or -r; empty for <>
  const char* name = nullptr;      // -F
  char** recipients = nullptr;     // ends with null
  char illegal = 0;                // the option that is none, for usage
};

// argv[0] counts: mailq and newaliases are names of sendmail. Angle brackets
// around the sender are cut off in its place.
SendmailCall read_sendmail_options(int argc, char** argv);
