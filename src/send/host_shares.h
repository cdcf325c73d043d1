// Each destination's share of the remote concurrency: a host that answers
// slowly or not at all must not take every slot. What finds its host's share
// used up waits here, logs nothing, and goes on when a transaction with that
// host has ended.
#pragma once
#include <vector>

#include "lib/buf.h"
#include "lib/owned.h"
#include "send/schedule.h"

// Of a concurrency of capacity, the most transactions with one host: a fifth is
// kept free for the others.
inline uint64_t share_of(uint64_t capacity) { return capacity > 1 ? capacity - (capacity + 4) / 5 : capacity; }

class HostShares {
 public:
  size_t running(Str host) const;
  void begin(Str host);

  // Puts aside until a transaction with host, of which there is one, has ended.
  void hold(Str host, Known&);  // no pass of it is open on the remote channel
  void hold(Str host, Job&);    // its pass stops where it is
  size_t held_jobs() const { return held_jobs_; }

  // A transaction with host has ended: what may go on now, with that share.
  struct Released {
    std::vector<Known*> messages;
    std::vector<Job*> jobs;
  };
  Released end(Str host, uint64_t share);

  void remove(Known&);  // a held message that is forgotten
  void remove(Job&);    // a held job that ends

 private:
  struct Host {
    Buf name;
    size_t running = 0;
    KnownList messages;
    std::vector<Job*> jobs;
  };
  std::vector<Owned<Host>>::iterator place(Str host);
  Host& get(Str host);
  std::vector<Owned<Host>> hosts_;  // sorted by name; only those with something running
  size_t held_jobs_ = 0;
};
