// qmail-tcpok -- forget which addresses did not answer
// Empties queue/lock/tcpto. Exit: 0, 111.
#include "lib/die.h"
#include "lib/sys.h"
#include "mail/instance.h"
#include "remote/timeout_table.h"

const char program[] = "qmail-tcpok";

int main(int argc, char**) {
  if (argc != 1) die_usage("qmail-tcpok");
  must(enter_root(), {"chdir to ", instance_root()});
  Fd file = must(open_write("queue/lock/tcpto"), {"open queue/lock/tcpto"});
  must(TimeoutTable::create(file.get()), {"write queue/lock/tcpto"});
}
