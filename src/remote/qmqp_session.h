// One message over a connection to a QMQP server.
#pragma once
#include "remote/qmqp_packet.h"

enum class QmqpEnd : uint8_t {
  accepted,
  refused,
  refused_for_now,
  not_sent,  // the server cannot have taken it
  unknown,   // it may have taken it
};

// Waits at most a minute for each write, and for the answer.
QmqpEnd qmqp_session(int fd, const QmqpPacket&);
