#include "send/cleaner.h"

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
  size_t sent = 0;
  while (!lost_ && sent < pending_.size()) {
    ssize_t n = write(requests_.get(), pending_.c_str() + sent, pending_.size() - sent);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1 && errno == EAGAIN) break;
    if (n == -1)
      lost_ = true;
    else
      sent += static_cast<size_t>(n);
  }
  pending_.drop_front(lost_ ? pending_.size() : sent);
}

void Cleaner::receive() {
  char space[4096];
  ssize_t n = read(answers_.get(), space, sizeof space);
  if (n == -1 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0)
    lost_ = true;
  else
    received_.append(Str(space, static_cast<size_t>(n)));
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
