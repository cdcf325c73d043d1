// qmail-smtpd [ -l ] -- take mail from the network.
//
// Speaks SMTP on descriptors 0 and 1; who the client is stands in the
// environment (doc/man/tcp-environ.5). Messages go to qmail-queue or
// $QMAILQUEUE. -l: the client is a program on this machine (sendmail -bs), whose
// lines may end with LF alone and which may say all in advance.
// Exit codes: 0 after QUIT, 1 when the connection ended in any other way, 100
// wrong usage. Nothing is written to descriptor 2.
#include <signal.h>

#include "lib/die.h"
#include "lib/options.h"
#include "mail/instance.h"
#include "mail/jails.h"
#include "smtp/confinement.h"
#include "smtp/reply.h"
#include "smtp/session.h"

const char program[] = "qmail-smtpd";

static int refuse(Str text) {
  say(1, {text, "\r\n"});
  return 1;
}

static Peer kind_of_peer() {
  auto st = stat_of(0);
  return st.ok() && S_ISSOCK(st.take().st_mode) ? Peer::network : Peer::pipe;
}

int main(int argc, char** argv) {
  Options options(argc, argv, "l");
  Peer peer = kind_of_peer();
  while (char letter = options.next()) {
    if (letter != 'l') die_usage("qmail-smtpd [ -l ]");
    peer = Peer::local;
  }
  signal(SIGPIPE, SIG_IGN);  // a client or queue that is gone is an error of write

  auto control = Control::open(instance_root());
  if (!control.ok()) return refuse(reply::no_controls);
  auto read = read_settings(control.take());
  if (!read.ok()) return refuse(reply::no_controls);
  Settings settings = read.take();

  Confinement confinement = possible_confinement();
  if (confinement == Confinement::jail && settings.localiphost)  // nobody is asked from in there
    if (auto own = own_addresses(); own.ok()) settings.own = own.take();
  confine_server(jails::smtpd, confinement);

  static char in_space[32768], out_space[16384];
  QueueService service;
  Patience* patience = &settings.patience;
  QueueWatch watch = {&service, patient_read, &patience};
  Writer out(1, out_space, patient_write, &patience);
  Reader in(0, in_space, &out, watched_read, &watch);
  return Session(settings, origin_from_environment(), peer, service, in, out).run();
}
