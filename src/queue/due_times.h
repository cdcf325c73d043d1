// What a running qmail-send says of when messages are tried next.
#pragma once
#include <vector>

#include "mail/route.h"

struct Due {
  uint64_t id = 0;
  std::optional<int64_t> next[2];  // by channel; nothing: no try is planned
  std::vector<uint32_t> running;   // recipients under way, ascending
};

// Its whole answer to "due ID...", as messages it knows, in the order asked for.
std::vector<Due> parse_due(Str answer);
