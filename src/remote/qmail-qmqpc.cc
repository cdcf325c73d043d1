// qmail-qmqpc -- put one message into the queue of another machine, by QMQP.
//
// Takes the place of qmail-queue: descriptor 0 brings the message, descriptor 1
// the envelope. control/qmqpservers has the servers, of which the first that
// answers gets it. Exit 0: it is in the queue there. Anything else: not by us.
//   11 address too long   31 refused for good    51 out of memory   54 cannot read
//   55 no list of servers 56 no socket           61 no root         71 refused for now
//   72, 73 no server answers: the last one timed out, or failed otherwise
//   74 the connection broke                      91 bad envelope
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include <vector>

#include "lib/dial.h"
#include "lib/die.h"
#include "mail/control.h"
#include "mail/instance.h"
#include "remote/qmqp_packet.h"
#include "remote/qmqp_session.h"

const char program[] = "qmail-qmqpc";

enum : int {
  too_long = 11,
  refused = 31,
  no_memory = 51,
  cannot_read = 54,
  no_controls = 55,
  no_socket = 56,
  no_root = 61,
  refused_for_now = 71,
  timed_out = 72,
  not_connected = 73,
  broken_off = 74,
  bad_envelope = 91,
};

static constexpr uint16_t qmqp_port = 628;
// Time for each server to be connected, and how long the one before it may be silent.
static constexpr DialPatience patience = {.first_seconds = 10, .second_seconds = 0, .head_start_milliseconds = 1000};

// Lines that are no addresses are skipped.
static std::vector<Dialled> read_servers() {
  auto control = Control::open(".");
  if (!control.ok()) _exit(no_controls);
  auto lines = control.take().lines("qmqpservers");
  if (!lines.ok()) _exit(no_controls);
  auto entries = lines.take();
  std::vector<Dialled> servers;
  if (entries)
    for (Str line : entries->entries())
      if (auto end = parse_endpoint(line, qmqp_port)) servers.push_back({*end});
  if (servers.empty()) _exit(no_controls);
  return servers;
}

static void gather(QmqpPacket& packet) {
  switch (packet.gather(0, 1)) {
    case QmqpPacket::Trouble::none: return;
    case QmqpPacket::Trouble::cannot_read: _exit(cannot_read);
    case QmqpPacket::Trouble::no_memory: _exit(no_memory);
    case QmqpPacket::Trouble::bad_envelope: _exit(bad_envelope);
    case QmqpPacket::Trouble::address_too_long: _exit(too_long);
    case QmqpPacket::Trouble::too_long: _exit(refused);
  }
}

static int exit_unconnected(Err why) {
  switch (why.code) {
    case ETIMEDOUT: return timed_out;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return no_socket;
    default: return not_connected;
  }
}

int main() {
  signal(SIGPIPE, SIG_IGN);
  // A file of ours would take the number of what is closed, and be read as the message.
  for (int fd : {0, 1})
    if (fcntl(fd, F_GETFD) == -1) _exit(cannot_read);
  if (!enter_root().ok()) _exit(no_root);
  std::vector<Dialled> servers = read_servers();
  QmqpPacket packet;
  gather(packet);

  // A server that was lost before it could have seen the end does not have the
  // message: the others are left.
  while (!servers.empty()) {
    auto c = dial(servers, patience, nullptr);
    if (!c) _exit(exit_unconnected(servers.back().why));
    int on = 1;
    setsockopt(c->fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    switch (qmqp_session(c->fd.get(), packet)) {
      case QmqpEnd::accepted: _exit(0);
      case QmqpEnd::refused: _exit(refused);
      case QmqpEnd::refused_for_now: _exit(refused_for_now);
      case QmqpEnd::unknown: _exit(broken_off);
      case QmqpEnd::not_sent: servers.erase(servers.begin() + static_cast<ptrdiff_t>(c->number));
    }
  }
  _exit(broken_off);
}
