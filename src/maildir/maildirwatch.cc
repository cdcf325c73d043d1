// maildirwatch -- show on the terminal what is new in the maildir $MAILDIR: every 30
// seconds it clears the screen, and prints of each message whom it is from and to,
// and how it begins. Runs until it is ended; 111 when it cannot.
#include <time.h>

#include "lib/die.h"
#include "lib/env.h"
#include "lib/io.h"
#include "lib/sys.h"
#include "lib/time.h"
#include "mail/glance.h"
#include "mail/maildir_tmp.h"
#include "maildir/scan.h"

const char program[] = "maildirwatch";

static constexpr int interval = 30;
static constexpr size_t longest_text = 158;
static constexpr Str clear_screen = "\033[;H\033[;J", bold = "\033[1m", plain = "\033[0m";

static void append_message(Buf& out, Glance g) {
  out.append("FROM ");
  append_printable(out, g.sender, '_');
  out.append(" TO <");
  append_printable(out, g.recipient, '_');
  out.add(">\n"sv, bold);
  append_printable(out, g.from, '_');
  out.add(plain, "\n"sv);
  append_printable(out, trim_right(g.text), '/');
  out.append("\n\n");
}

static Buf screen() {
  sweep_maildir_tmp(now_seconds());
  std::vector<MaildirFile> files;
  must(scan_maildir(files, "new", INT64_MAX), {"scan $MAILDIR/new"});
  sort_oldest_first(files);
  Buf out;
  out.set(clear_screen);
  for (const MaildirFile& file : files) {
    auto opened = open_read(file.name.c_str());
    if (!opened.ok()) continue;  // somebody has moved it
    Fd fd = opened.take();
    append_message(out, must(glance_at(fd.get(), longest_text), {"read $MAILDIR/", file.name}));
  }
  return out;
}

int main(int argc, char**) {
  if (argc != 1) die_usage("maildirwatch");
  const char* maildir = getenv("MAILDIR");
  if (!maildir) die(temporary, {"MAILDIR not set"});
  must(change_dir(maildir), {"chdir to $MAILDIR"});
  for (;;) {
    must(write_all(1, screen()), {"write output"});
    timespec rest{interval, 0};
    nanosleep(&rest, nullptr);
  }
}
