// A session with qmail-pop3d, in a Maildir with two messages that it may delete.
#include <stdlib.h>

#include "fuzz.h"
#include "lib/die.h"
#include "pop/pop_session.h"

extern const char program[];
const char program[] = "pop3d_fuzz";

static char place[] = "/dev/shm/pop3d_fuzz.XXXXXX";

static void make_maildir() {
  if (!mkdtemp(place)) die(temporary, {"unable to make a Maildir"});
  must(change_dir(place), {"change to the Maildir"});
  for (const char* folder : {"new", "cur", "tmp"}) must(make_dir(folder, 0700), {"make ", Str(folder)});
}

static void put_message(const char* name, Str text) {
  Fd file = must(open_truncate(name, 0600), {"make ", Str(name)});
  must(write_all(file.get(), text), {"write ", Str(name)});
}

void fuzz(Str input) {
  static bool made = false;
  if (!std::exchange(made, true)) {
    make_maildir();
    atexit([] {
      for (const char* name : {"new/1", "cur/1:2,", "cur/2:2,S"}) (void)unlink(name);
      for (const char* name : {"new", "cur", "tmp"}) (void)rmdir(name);
      (void)rmdir(place);
    });
  }
  put_message("new/1", "A: b\n\n.\n..x\r\nno end");
  put_message("cur/2:2,S", "Subject: y\n\none\ntwo\n");
  MessageList messages;
  hold(messages.scan(INT64_MAX).ok());
  memory_input = input;
  char in_space[128], out_space[512];
  Writer out(-1, out_space, write_nowhere);
  Reader in(-1, in_space, &out, read_memory);
  PopSession(messages, in, out).run();
  (void)unlink("cur/1:2,");
}
