#include "tcp/port.h"

#include <arpa/inet.h>
#include <netdb.h>

std::optional<uint16_t> find_port(const char* text) {
  if (auto n = scan_u64(text, UINT16_MAX)) return static_cast<uint16_t>(*n);
  const servent* service = getservbyname(text, "tcp");
  if (!service) return {};
  return ntohs(static_cast<uint16_t>(service->s_port));
}
