#include "remote/qmqp_session.h"

#include "lib/io.h"
#include "lib/time.h"
#include "mail/netstring.h"

static constexpr int patience = 60;  // seconds
static char space[65536];

// False: it was lost before all of it was handed over.
static bool send(int fd, const QmqpPacket& packet) {
  for (uint64_t at = 0; at < packet.size();) {
    auto n = packet.read(at, space);
    if (!n.ok()) return false;
    Str piece(space, n.take());
    at += piece.size();
    // Of the last piece some may have gone out, even all, whatever comes of it.
    if (!write_all(fd, piece, timed_write, &patience).ok() && at < packet.size()) return false;
  }
  return true;
}

// The answer's first byte decides; for the rest the server need not be waited for.
static Result<char> read_answer(int fd) {
  char in_space[256];
  Deadline limit = Deadline::in(patience);
  Reader network(fd, in_space, nullptr, read_until, &limit);
  NetstringReader in(network);
  if (TRY(in.begin()) == 0) return Err{EPROTO};
  return TRY(in.peek())[0];
}

QmqpEnd qmqp_session(int fd, const QmqpPacket& packet) {
  if (!send(fd, packet)) return QmqpEnd::not_sent;
  auto answer = read_answer(fd);
  switch (answer.ok() ? answer.take() : 0) {
    case 'K': return QmqpEnd::accepted;
    case 'D': return QmqpEnd::refused;
    case 'Z': return QmqpEnd::refused_for_now;
    default: return QmqpEnd::unknown;
  }
}
