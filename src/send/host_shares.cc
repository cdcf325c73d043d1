#include "send/host_shares.h"

#include <algorithm>

std::vector<Owned<HostShares::Host>>::iterator HostShares::place(Str host) {
  return std::lower_bound(hosts_.begin(), hosts_.end(), host,
                          [](const Owned<Host>& h, Str name) { return compare_nocase(h->name, name) < 0; });
}

HostShares::Host& HostShares::get(Str host) {
  auto at = place(host);
  if (at == hosts_.end() || !same_nocase((*at)->name, host)) {
    at = hosts_.insert(at, Owned<Host>(new Host));
    (*at)->name.set(host);
  }
  return **at;
}

size_t HostShares::running(Str host) const {
  auto at = const_cast<HostShares*>(this)->place(host);
  return at != hosts_.end() && same_nocase((*at)->name, host) ? (*at)->running : 0;
}

void HostShares::begin(Str host) { ++get(host).running; }

void HostShares::hold(Str host, Known& k) {
  k.held = true;
  get(host).messages.push(k);
}

void HostShares::hold(Str host, Job& job) {
  get(host).jobs.push_back(&job);
  ++held_jobs_;
}

// When nothing runs any more, nothing would come to release the rest: all go.
HostShares::Released HostShares::end(Str host, uint64_t share) {
  Released released;
  auto at = place(host);
  if (at == hosts_.end() || !same_nocase((*at)->name, host)) return released;
  Host& h = **at;
  --h.running;
  uint64_t room = h.running == 0 ? UINT64_MAX : share > h.running ? share - h.running : 0;
  size_t going = h.jobs.size() < room ? h.jobs.size() : static_cast<size_t>(room);
  auto last = h.jobs.begin() + static_cast<std::ptrdiff_t>(going);
  released.jobs.assign(h.jobs.begin(), last);  // who came first goes first
  h.jobs.erase(h.jobs.begin(), last);
  held_jobs_ -= going;
  room -= going;
  for (; room && !h.messages.empty(); --room) {
    released.messages.push_back(h.messages.pop());
    released.messages.back()->held = false;
  }
  if (h.running == 0) hosts_.erase(at);
  return released;
}

void HostShares::remove(Known& k) {
  for (auto& h : hosts_) {
    KnownList kept;
    while (Known* other = h->messages.pop())
      if (other != &k) kept.push(*other);
    h->messages = kept;
  }
  k.held = false;
}

void HostShares::remove(Job& job) {
  for (auto& h : hosts_) held_jobs_ -= std::erase(h->jobs, &job);
}
