// Sockets with a name in the file system (unix(7)).
#pragma once
#include <sys/socket.h>

#include "lib/sys.h"

// type: SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM, with SOCK_NONBLOCK if nothing
// is to wait. ENAMETOOLONG: such a name holds at most 107 bytes.
Result<Fd> connect_local(const char* path, int type);

// Makes the name, which must not be there, and listens.
Result<Fd> listen_local(const char* path, int type, int backlog);

// Who connected, or made the pair that fd is one end of.
Result<uid_t> peer_uid(int fd);
