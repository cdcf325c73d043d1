// Handing open descriptors to another process (unix(7), SCM_RIGHTS).
#pragma once
#include "lib/sys.h"

// Two ends of a connection that keeps messages apart (SOCK_SEQPACKET).
struct SocketPair {
  Fd ours, theirs;
};
Result<SocketPair> make_socket_pair();

// What is passed are copies: the caller closes its own.
// EPIPE: nobody is there to take them; no signal is raised.
Result<> send_descriptors(int socket, std::span<const int> fds);

// Fills fds, close-on-exec. False: the other side has ended. EPROTO: it sent
// something else than fds.size() descriptors, which are closed again.
Result<bool> receive_descriptors(int socket, std::span<Fd> fds);
