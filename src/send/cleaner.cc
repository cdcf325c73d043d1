#include "send/cleaner.h"

#include "send/pipe_end.h"

static constexpr size_t longest_answer = 64;

Result<> Cleaner::open(Fd requests, Fd answers) {
  requests_ = std::move(requests);
  answers_ = std::move(answers);
  while (!lost_ && received_.view().find('\0') == Str::npos) receive();
  if (lost_ || received_.view() != "+0\0"sv) return Err{EPROTO};
  received_.clear();
  TRY(set_nonblocking(requests_.get()));
  return set_nonblocking(answers_.get());
}

void Cleaner::request(Request what, uint64_t id) {
  static constexpr Str verbs[] = {"done/", "sync/", "bad/"};
  pending_.add(verbs[static_cast<size_t>(what)], Num(id), "\0"sv);
  ++outstanding_;
}

void Cleaner::send_requests() {
  if (lost_) return pending_.clear();
  lost_ = !write_pending(requests_.get(), pending_);
}

void Cleaner::receive() {
  if (!read_received(answers_.get(), received_)) lost_ = true;
}

std::optional<Cleaner::Answer> Cleaner::next_answer() {
  Str all = received_;
  size_t end = all.find('\0');
  if (end == Str::npos) {
    if (all.size() > longest_answer) lost_ = true;
    return {};
  }
  auto id = end > 1 ? scan_u64(slice(all, 1, end - 1)) : std::nullopt;
  Answer a = {id.value_or(0), slice(all, 0, 1) == "+"};
  received_.drop_front(end + 1);
  if (outstanding_) --outstanding_;
  return a;
}
