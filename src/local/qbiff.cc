// qbiff -- tell a user who is logged in that mail has come. In a dot-qmail file: |qbiff
// The message is on descriptor 0. Writes who it is to and from, and how it begins,
// to each terminal where utmp has $USER, unless "mesg n" or biff(1) took away its
// x bit or it is somebody else's. Needs $USER, $SENDER and $LOCAL. Always exits 0.
#include <utmpx.h>

#include "lib/die.h"
#include "lib/env.h"
#include "lib/io.h"
#include "lib/nss.h"  // musl has no utmp: linked with the system's own libc
#include "lib/sys.h"
#include "mail/glance.h"

const char program[] = "qbiff";

static constexpr size_t line_size = 78;

// Four blanks, then the subject and what the message begins with.
static Buf notice(Str local, Str sender) {
  Buf out, first;
  first.add("*** TO <"sv, local, "> FROM <"sv, sender, ">"sv);
  out.append("\r\n\a");
  append_printable(out, first, '_');
  out.append("\r\n    ");
  auto seen = glance_at(0, line_size - 4);
  if (seen.ok()) append_printable(out, trim_right(seen.take().text), '/');
  out.append("\r\n");
  return out;
}

// The terminal, if its name can be that of one and its user wants to be told.
// Never waits: one that takes nothing now is left alone.
static void tell(Str line, Str text) {
  if (line.empty() || line.find('.') != Str::npos) return;
  Buf fn;
  fn.set("/dev/"sv, line);
  auto opened = owned(open(fn.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!opened.ok()) return;
  Fd fd = opened.take();
  auto status = stat_of(fd.get());
  if (!status.ok()) return;
  struct stat st = status.take();
  if (st.st_uid != geteuid() || !(st.st_mode & S_IXUSR) || !S_ISCHR(st.st_mode)) return;
  (void)write_all(fd.get(), text);
}

template <size_t N>
static Str field(const char (&bytes)[N]) {
  Str s(bytes, N);
  return slice(s, 0, s.find('\0'));
}

int main() {
  auto user = env("USER"), sender = env("SENDER"), local = env("LOCAL");
  if (!user || !sender || !local) return 0;
  Buf text = notice(*local, *sender);
  setutxent();
  while (const utmpx* entry = getutxent())
    if (entry->ut_type == USER_PROCESS && field(entry->ut_user) == *user) tell(field(entry->ut_line), text);
  endutxent();
}
