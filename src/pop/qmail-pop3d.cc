// qmail-pop3d maildir -- give the mail of a Maildir to a POP3 client.
//
// Speaks POP3 on descriptors 0 and 1, from behind the login: qmail-popup and a
// program such as checkpassword have made it a process of the user's, in the
// user's home. Nothing is changed before QUIT but old files in tmp/.
// Exit codes: 0, whatever happened; 1 when it was to run as root.
#include <signal.h>

#include "lib/die.h"
#include "lib/time.h"
#include "mail/jails.h"
#include "mail/maildir_tmp.h"
#include "pop/pop_session.h"

const char program[] = "qmail-pop3d";

static constexpr int timeout = 1200;  // seconds, to read or to write

static int refuse(Str text) {
  say(1, {text, "\r\n"});
  return 0;
}

int main(int, char** argv) {
  if (getuid() == 0 || geteuid() == 0) {
    say(2, {"qmail-pop3d invoked as uid 0, terminating\n"});
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);  // a client that is gone is an error of write
  if (!argv[0] || !argv[1] || !change_dir(argv[1]).ok()) return refuse("-ERR this user has no $HOME/Maildir");

  enter_jail(jails::pop3d);

  // A message of this very second may still get neighbours that belong in front
  // of it: it is shown in the next session.
  int64_t now = now_seconds();
  sweep_maildir_tmp(now);
  MessageList messages;
  if (auto r = messages.scan(now); !r.ok())
    return refuse(r.error().code == ENOMEM ? "-ERR out of memory" : "-ERR unable to scan $HOME/Maildir");

  static char in_space[1024], out_space[32768];
  Writer out(1, out_space, timed_write, &timeout);
  Reader in(0, in_space, &out, timed_read, &timeout);
  PopSession(messages, in, out).run();
}
