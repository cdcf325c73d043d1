#include "queue/queue_list.h"

#include <dirent.h>

#include <algorithm>

#include "mail/message.h"

Result<std::vector<uint64_t>> list_queue(uint64_t& at) {
  std::vector<uint64_t> ids;
  Buf name;
  for (at = 0; at < CONF_SPLIT; ++at) {
    name.set("mess/"sv, Num(at));
    DIR* dir = opendir(name.c_str());
    if (!dir) return Err::last();
    errno = 0;
    while (dirent* d = readdir(dir))
      if (auto id = scan_id(Str(d->d_name)); id && split_of(*id) == at) ids.push_back(*id);
    Result<> read_to_the_end = Err::last();
    closedir(dir);
    TRY(std::move(read_to_the_end));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}
