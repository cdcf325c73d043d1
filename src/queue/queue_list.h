// The messages that lie in a queue, for the tools that show them.
#pragma once
#include <vector>

#include "lib/err.h"

// The IDs of all files in mess/ of the working directory, oldest first. An Err
// names no directory: at is set to the number of the one that could not be read.
Result<std::vector<uint64_t>> list_queue(uint64_t& at);
