// Ports by name.
#pragma once
#include "lib/str.h"

// A number, or the name of a TCP service in /etc/services.
std::optional<uint16_t> find_port(Str text);

// The port of a TCP service in text of the form of services(5); nothing when it is
// not there.
std::optional<uint16_t> find_service(Str services, Str name);
