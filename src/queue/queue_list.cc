#include "queue/queue_list.h"

#include <algorithm>

#include "mail/queue_files.h"

Result<std::vector<uint64_t>> list_queue(uint64_t& at) {
  std::vector<uint64_t> ids;
  for (at = 0; at < CONF_SPLIT; ++at) TRY(list_messages(at, ids));
  std::sort(ids.begin(), ids.end());
  return ids;
}
