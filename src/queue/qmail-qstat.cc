// qmail-qstat -- count the messages of the queue.
//
// Prints how many there are and how many of them qmail-send has not picked up
// yet. Exit 0, or 111 when the queue cannot be read.
#include "lib/die.h"
#include "lib/io.h"
#include "lib/sys.h"
#include "mail/instance.h"
#include "mail/queue_files.h"
#include "queue/queue_list.h"

const char program[] = "qmail-qstat";

// As qmail-send noted it last. Without a note none has been picked up.
static uint64_t picked_up() {
  auto fd = open_read("lock/status");
  if (!fd.ok()) return 0;
  Buf text;
  if (!read_all(fd.take().get(), text, 4096).ok()) return 0;
  Str line = text;
  return scan_u64(take_until(line, '\n')).value_or(0);
}

int main() {
  must(enter_root(), {"chdir to ", Str(instance_root())});
  must(change_dir("queue"), {"chdir to queue"});
  must(check_queue_format(), {"use queue/format"});
  uint64_t at = 0;
  auto ids = list_queue(at);
  if (!ids.ok()) die_unable(temporary, {"read mess/", Num(at)}, ids.error());
  uint64_t messages = ids.take().size(), picked = picked_up();
  uint64_t waiting = messages > picked ? messages - picked : 0;
  Buf text;
  text.add("messages in queue: "sv, Num(messages), "\nmessages in queue but not yet preprocessed: "sv, Num(waiting),
           "\n"sv);
  must(write_all(1, text), {"write"});
}
