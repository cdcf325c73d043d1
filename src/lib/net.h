// Stream sockets.
#pragma once
#include <sys/socket.h>

#include "lib/ip.h"
#include "lib/sys.h"
#include "lib/time.h"

struct Endpoint {
  Ip ip;
  uint16_t port = 0;
};

// The system's form of an endpoint.
struct SocketAddress {
  sockaddr_storage storage;
  socklen_t size;
};
SocketAddress to_system(const Endpoint&);
Endpoint from_system(const SocketAddress&);

Result<Endpoint> local_end(int fd);
Result<Endpoint> remote_end(int fd);

// A TCP socket on its way to a connection. Wait until it can be written to, then
// ask finish_connecting what came of it; then it is blocking.
Result<Fd> start_connecting(const Endpoint& to, const Endpoint* from = nullptr);
Result<> finish_connecting(int fd);

// A connected TCP socket, blocking, before the deadline (else ETIMEDOUT). from, when
// given, is the local side.
Result<Fd> connect_tcp(const Endpoint& to, Deadline, const Endpoint* from = nullptr);

// "ip", "ip:port", "[v6]" or "[v6]:port"; without a port it is otherwise.
std::optional<Endpoint> parse_endpoint(Str, uint16_t otherwise);
