// qmail-qlint [ --repair ] -- check every file of the queue.
//
// A line on descriptor 1 for each trouble, "queue/...: what", then how many
// messages there are and how many are sound. --repair mends what can be mended
// without loss; while qmail-send runs only what it does not mind. No message is
// ever removed.
// Exit 0: all is well, or is now. 1: there is trouble left. 100: called wrongly.
// 111: unable to look.
#include "queue/lint.h"

#include "lib/die.h"
#include "mail/instance.h"
#include "mail/queue_files.h"

const char program[] = "qmail-qlint";

enum : int { trouble_left = 1 };

static char out_space[8192];
static constinit Writer out(1, out_space);

// Who has these locks does what qmail-send and qmail-clean do, in their place.
static bool take_their_place(Fd& send, Fd& clean) {
  auto take = [](const char* name, Fd& fd) {
    auto opened = open_write(name);
    if (!opened.ok()) return false;
    fd = opened.take();
    return lock_exclusive(fd.get(), Lock::try_now).ok();
  };
  return take("lock/sendmutex", send) && take("lock/cleanmutex", clean);
}

int main(int argc, char** argv) {
  bool repair = argc == 2 && Str(argv[1]) == "--repair";
  if (argc != 1 && !repair) die_usage("qmail-qlint [ --repair ]");
  umask(077);
  must(enter_root(), {"chdir to ", Str(instance_root())});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  must(change_dir("queue"), {"chdir to queue"});
  must(check_queue_format(), {"use queue/format"});

  Fd send, clean;
  Lint::Mend mend = !repair ? Lint::Mend::nothing : take_their_place(send, clean) ? Lint::Mend::all : Lint::Mend::safe;

  // qmail-send alone reads the FIFO. Its lock is not tried only to know that: it
  // might be starting at this moment.
  bool is_live = mend != Lint::Mend::all && open_write("lock/trigger").ok();
  if (repair && mend != Lint::Mend::all)
    warn({"qmail-send is running: only owners, modes and files left behind are mended; end it for the rest"});

  Lint lint(roles, mend, is_live, out);
  Buf where;
  auto looked = lint.look(where);
  if (!looked.ok()) {
    out.flush().ok();
    die_unable(temporary, {"look through ", where}, looked.error());
  }
  must(out.put({Num(lint.messages()), " messages, ", Num(lint.sound()), " sound"}), {"write"});
  if (lint.troubles()) must(out.put({", ", Num(lint.troubles()), " troubles"}), {"write"});
  if (repair && lint.troubles()) must(out.put({", ", Num(lint.mended()), " mended"}), {"write"});
  must(out.put("\n"), {"write"});
  must(out.flush(), {"write"});
  _exit(lint.troubles() == lint.mended() ? 0 : trouble_left);
}
