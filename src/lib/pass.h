// Handing open descriptors to another process (unix(7), SCM_RIGHTS).
#pragma once
#include "lib/sys.h"

// Two ends of a connection that keeps messages apart (SOCK_SEQPACKET).
struct SocketPair {
  Fd ours, theirs;
};
Result<SocketPair> make_socket_pair();

// What is passed are copies: the caller closes its own. text is not empty.
// EPIPE: nobody is there to take them; no signal is raised.
Result<> send_descriptors(int socket, std::span<const int> fds, Str text = "\0"sv);

// Fills fds, close-on-exec. False: the other side has ended. EPROTO: it sent
// something else than fds.size() descriptors, which are closed again.
Result<bool> receive_descriptors(int socket, std::span<Fd> fds);

// The same with the text that came with them, which is put into space: its
// length. 0: the other side has ended. EPROTO for a text that does not fit, too.
Result<size_t> receive_descriptors(int socket, std::span<Fd> fds, std::span<char> space);
