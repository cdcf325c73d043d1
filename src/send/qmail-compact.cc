// qmail-compact ID -- write the state file of message ID anew, in fewer bytes.
//
// Run by qmail-send. Descriptor 0 is the message's file, 3 its state file, 1 the
// new one: empty, and synced when this ends. Exit 0: qmail-send may put the new
// file into the old one's place. 111: it must not. 100: called wrongly.
#include <signal.h>

#include "lib/die.h"
#include "mail/message_state.h"
#include "mail/queue_files.h"

const char program[] = "qmail-compact";

int main(int argc, char** argv) {
  if (argc != 2) die_usage("qmail-compact id");
  auto id = scan_id(argv[1]);
  if (!id) die_usage("qmail-compact id");
  signal(SIGXFSZ, SIG_IGN);
  Message message = must(Message::take(Fd(0), *id), {"use the message on descriptor 0"});
  must(compact_state(3, 1, message.trailer()), {"write the new state file"});
  // Before it has the name: else a power cut could leave the name and lose the marks.
  must(sync_file(1), {"sync the new state file"});
}
