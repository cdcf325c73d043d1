#include "send/spawner_link.h"

#include "lib/bytes.h"
#include "send/pipe_end.h"

static constexpr size_t longest_report = 10000;

Result<> SpawnerLink::open(Fd commands, Fd reports) {
  commands_ = std::move(commands);
  reports_ = std::move(reports);
  char space[4];
  for (size_t n = 0; n < sizeof space;) {
    ssize_t r = read(reports_.get(), space + n, sizeof space - n);
    if (r == -1 && errno == EINTR) continue;
    if (r == -1) return Err::last();
    if (r == 0) return Err{EPROTO};
    n += static_cast<size_t>(r);
  }
  limit_ = read_le<uint32_t>(Str(space, sizeof space));
  if (limit_ == 0 || limit_ > 65535) return Err{EPROTO};
  TRY(set_nonblocking(commands_.get()));
  return set_nonblocking(reports_.get());
}

// The number of a delivery is its slot for the first of a transaction; those of
// further recipients lie a multiple of the limit above it.
void SpawnerLink::start(Str message_name, Str sender, Str host, std::vector<Outgoing>& recipients) {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(transactions_.size()));
    transactions_.emplace_back();
  }
  uint32_t number = free_.back();
  free_.pop_back();
  Transaction& t = transactions_[number];
  t.outstanding = recipients.size();
  t.host.set(host);
  ++running_;

  append_le(pending_, number);
  pending_.add(message_name, "\0"sv, sender, "\0"sv, recipients[0].address, "\0"sv);
  append_le(pending_, static_cast<uint32_t>(recipients.size() - 1));
  t.deliveries.clear();
  for (Outgoing& r : recipients) {
    if (!t.deliveries.empty()) {
      append_le(pending_, number);
      pending_.add(r.address, "\0"sv);
    }
    number += limit_;
    t.deliveries.push_back(std::move(r.delivery));
  }
}

void SpawnerLink::send_commands() {
  if (!write_pending(commands_.get(), pending_)) lost_ = true;
}

void SpawnerLink::receive() {
  received_.drop_front(std::exchange(parsed_, 0));
  if (!read_received(reports_.get(), received_)) lost_ = true;
}

SpawnerLink::Got SpawnerLink::next_report(Report& report) {
  Str rest = slice(received_, parsed_);
  size_t end = rest.size() < 4 ? Str::npos : rest.find('\0', 4);
  if (end == Str::npos) {
    // Of a report too long to be one, only the beginning is kept until its end comes.
    if (rest.size() > 4 + longest_report) received_.cut(parsed_ + 4 + longest_report);
    return Got::nothing;
  }
  parsed_ += end + 1;
  uint32_t number = read_le<uint32_t>(rest);
  size_t slot = number % limit_, nth = number / limit_;
  if (slot >= transactions_.size()) return Got::out_of_range;
  Transaction& t = transactions_[slot];
  if (nth >= t.deliveries.size() || !t.deliveries[nth].job) return Got::out_of_range;
  report.delivery = std::move(t.deliveries[nth]);
  t.deliveries[nth].job = nullptr;
  report.text.set(slice(rest, 4, end - 4 < longest_report ? end - 4 : longest_report));
  report.ended_host.reset();
  if (--t.outstanding == 0) {
    report.ended_host = std::move(t.host);
    t.deliveries.clear();
    free_.push_back(static_cast<uint32_t>(slot));
    --running_;
  }
  return Got::report;
}
