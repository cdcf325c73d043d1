// Where a message from the network came from, and the field that says so.
#pragma once
#include "lib/buf.h"

// The two ends of a connection as the program that accepted it says (doc/man/tcp-environ.5).
struct Origin {
  Str remote_host = "unknown", remote_ip = "unknown";
  std::optional<Str> remote_info;
  Str local = "unknown";
};
Origin origin_from_environment();

// Appends the Received field. helo: what the client calls itself, when it did.
// Nothing that a client chose can end a line or begin a comment: bytes other
// than letters, digits and .@%+/=:-[] become ?, and each name is cut at
// longest_name bytes.
inline constexpr size_t longest_name = 255;
void append_received(Buf&, const Origin&, std::optional<Str> helo, Str protocol, int64_t now);
