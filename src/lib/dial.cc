#include "lib/dial.h"

#include <poll.h>

std::vector<Dialled> dial_order(std::span<const Ip> ips, uint16_t port) {
  std::vector<Ip> families[2];
  for (const Ip& ip : ips) families[ip.family == Ip::Family::v4].push_back(ip);
  std::vector<Dialled> out;
  for (size_t i = 0; out.size() < ips.size(); ++i)
    for (const std::vector<Ip>& family : families)
      if (i < family.size()) out.push_back({{family[i], port}});
  return out;
}

namespace {
// The connections on their way in one round.
class Round {
 public:
  Round(std::span<Dialled> to, int64_t seconds, int64_t head_start, const Endpoint* from)
      : to_(to), seconds_(seconds), head_start_(head_start), from_(from) {}
  std::optional<Connected> run();

 private:
  struct OnItsWay {
    Fd fd;
    size_t number;
    Deadline limit;
  };
  bool start_next();
  int patience() const;
  std::optional<Connected> take_finished(std::span<const pollfd>);

  std::span<Dialled> to_;
  int64_t seconds_, head_start_;
  const Endpoint* from_;
  size_t next_ = 0;
  Deadline next_start_ = Deadline::in(0);
  std::vector<OnItsWay> on_their_way_;
};
}  // namespace

// What has been refused is not asked again in a second round.
static bool is_worth_trying(const Dialled& d) { return d.why.code == 0 || d.why.code == ETIMEDOUT; }

// False: there is none left.
bool Round::start_next() {
  for (; next_ < to_.size(); ++next_) {
    Dialled& d = to_[next_];
    if (!is_worth_trying(d)) continue;
    auto started = start_connecting(d.to, from_);
    d.why = started.ok() ? Err{ETIMEDOUT} : started.error();
    if (!started.ok()) continue;
    on_their_way_.push_back({started.take(), next_++, Deadline::in(seconds_)});
    bool one_at_a_time = from_ && from_->port;
    next_start_ = one_at_a_time ? Deadline::in(seconds_) : Deadline::in_milliseconds(head_start_);
    return true;
  }
  return false;
}

int Round::patience() const {
  int least = next_ < to_.size() ? next_start_.milliseconds() : -1;
  for (const OnItsWay& one : on_their_way_)
    if (int own = one.limit.milliseconds(); least == -1 || own < least) least = own;
  return least;
}

// Takes those off that failed or took too long.
std::optional<Connected> Round::take_finished(std::span<const pollfd> waits) {
  size_t kept = 0;
  for (size_t i = 0; i < on_their_way_.size(); ++i) {
    OnItsWay& one = on_their_way_[i];
    if (waits[i].revents) {
      auto finished = finish_connecting(one.fd.get());
      if (finished.ok()) return Connected{std::move(one.fd), one.number};
      to_[one.number].why = finished.error();
      next_start_ = Deadline::in(0);
    } else if (!one.limit.passed()) {
      if (kept != i) on_their_way_[kept] = std::move(one);
      ++kept;
    }
  }
  while (on_their_way_.size() > kept) on_their_way_.pop_back();
  return {};
}

std::optional<Connected> Round::run() {
  std::vector<pollfd> waits;
  for (;;) {
    if ((on_their_way_.empty() || next_start_.passed()) && !start_next() && on_their_way_.empty()) return {};
    waits.clear();
    for (const OnItsWay& one : on_their_way_) waits.push_back({one.fd.get(), POLLOUT, 0});
    if (poll(waits.data(), waits.size(), patience()) == -1)
      for (pollfd& p : waits) p.revents = 0;
    if (auto connected = take_finished(waits)) return connected;
  }
}

std::optional<Connected> dial(std::span<Dialled> to, DialPatience patience, const Endpoint* from) {
  if (to.size() == 1) {
    patience.first_seconds += patience.second_seconds;
    patience.second_seconds = 0;
  }
  if (auto connected = Round(to, patience.first_seconds, patience.head_start_milliseconds, from).run())
    return connected;
  if (patience.second_seconds == 0) return {};
  return Round(to, patience.second_seconds, patience.head_start_milliseconds, from).run();
}
