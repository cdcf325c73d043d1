// qmail-smtpd [ -l ] -- take mail from the network.
//
// Speaks SMTP on descriptors 0 and 1; who the client is stands in the
// environment (doc/man/tcp-environ.5). Messages go to qmail-queue or
// $QMAILQUEUE. -l: the client is a program on this machine (sendmail -bs), whose
// lines may end with LF alone and which may say all in advance.
// Descriptor 4, if it is open: lib/staying.h. Asked there to stay, it takes further
// connections that are as this one, until one of them does not end with QUIT or
// brings a message that cannot be queued for now.
// Exit codes: 0 after QUIT, 1 when the connection ended in any other way, 100
// wrong usage. Nothing is written to descriptor 2.
#include <signal.h>

#include "lib/die.h"
#include "lib/env.h"
#include "lib/options.h"
#include "lib/staying.h"
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

struct Ends {
  int in, out;
};

struct Ending {
  int code;
  bool may_go_on;  // with another connection
};

// A session, with what it reads and writes its own.
static Ending converse(Ends client, Peer peer, Settings& settings, const Origin& origin, QueueService& service) {
  static char in_space[32768], out_space[16384];
  Patience* patience = &settings.patience;
  patience->renew();
  PatientReader reader = {patience, &service};
  Writer out(client.out, out_space, patient_write, &patience);
  Reader in(client.in, in_space, &out, patient_read, &reader);
  Session session(settings, origin, peer, service, in, out);
  int code = session.run();
  return {code, code == 0 && !session.lacks_queue()};
}

// What a program in qmail-queue's place may look at.
static void set_port(Str text) {
  Buf port;
  port.set(text);
  for (const char* name : {"TCPREMOTEPORT", "TCP6REMOTEPORT"})
    if (env(name) && setenv(name, port.c_str(), 1) == -1) out_of_memory();
}

// Ends this connection and takes the next one. False: there is none.
static bool take_next(Fd& connection, QueueService& service) {
  if (!connection.is_open())
    for (int fd : {0, 1}) close(fd);
  connection.close();
  if (!end_task()) return false;
  service.rest(staying_fd);
  char space[8];
  auto port = next_task(space, connection);
  if (port) set_port(*port);
  return port.has_value();
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

  bool stays = peer == Peer::network && is_asked_to_stay();
  Confinement confinement = possible_confinement();
  if (confinement == Confinement::jail && settings.localiphost)  // nobody is asked from in there
    if (auto own = own_addresses(); own.ok()) settings.own = own.take();
  confine_server(jails::smtpd, confinement);

  QueueService service;
  Origin origin = origin_from_environment();
  Ending end = converse({0, 1}, peer, settings, origin, service);
  Fd connection;
  while (end.may_go_on && stays && take_next(connection, service))
    end = converse({connection.get(), connection.get()}, peer, settings, origin, service);
  return end.code;
}
