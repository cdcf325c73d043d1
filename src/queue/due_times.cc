#include "queue/due_times.h"

static Due parse_line(Str line) {
  Due due;
  due.id = scan_u64(take_until(line, ' ')).value_or(0);
  for (auto& next : due.next)
    if (auto seconds = scan_u64(take_until(line, ' '), INT64_MAX)) next = static_cast<int64_t>(*seconds);
  while (!line.empty())
    if (auto number = scan_u64(take_until(line, ' '), UINT32_MAX))
      due.running.push_back(static_cast<uint32_t>(*number));
  return due;
}

std::vector<Due> parse_due(Str answer) {
  std::vector<Due> all;
  while (!answer.empty()) all.push_back(parse_line(take_until(answer, '\n')));
  return all;
}
