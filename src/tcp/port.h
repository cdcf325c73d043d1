// Ports by name, through NSS: a program that uses this includes lib/nss.h.
#pragma once
#include "lib/str.h"

// A number, or the name of a TCP service.
std::optional<uint16_t> find_port(const char* text);
