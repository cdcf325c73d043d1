// The addresses of this machine.
#pragma once
#include <vector>

#include "lib/err.h"
#include "lib/ip.h"

// Of every interface that is up, and the two "any" addresses, which reach this
// machine too.
Result<std::vector<Ip>> own_addresses();

// Is ip one of them? All of 127.0.0.0/8 is ours.
bool is_own(const std::vector<Ip>& own, const Ip& ip);
