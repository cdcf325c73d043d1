// qmail-tcpto -- show which addresses did not answer lately
// Prints a line for each one of queue/lock/tcpto to descriptor 1, and there too
// what goes wrong. Exit: 0, 111.
#include "lib/die.h"
#include "lib/sys.h"
#include "lib/time.h"
#include "mail/instance.h"
#include "remote/timeout_table.h"

const char program[] = "qmail-tcpto";

[[noreturn]] static void fail(Str what, Err err) {
  say(1, {"fatal: unable to ", what, ": ", error_text(err), "\n"});
  _exit(temporary);
}

int main(int argc, char**) {
  if (argc != 1) die_usage("qmail-tcpto");
  if (auto r = enter_root(); !r.ok()) fail("chdir", r.error());
  auto fd = open_read("queue/lock/tcpto");
  if (!fd.ok()) fail("open tcpto", fd.error());
  Fd file = fd.take();
  auto st = stat_of(file.get());
  if (st.ok() && st.take().st_size == 0) return 0;  // qmail-rspawn never ran
  auto read = TimeoutTable::read(file.get());
  if (!read.ok()) fail("read tcpto", read.error());
  TimeoutTable table = read.take();

  int64_t now = now_seconds();
  for (const auto& r : table.all()) {
    if (!r.count) continue;
    Buf ip;
    r.ip.append_to(ip);
    say(1, {ip, " timed out ", Num(static_cast<uint64_t>(now > r.when ? now - r.when : 0)),
            " seconds ago; # recent timeouts: ", Num(r.count), "\n"});
  }
}
