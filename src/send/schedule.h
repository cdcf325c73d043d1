// When messages are due.
#pragma once
#include <vector>

#include "mail/route.h"

class Job;

// A message that qmail-send knows. Owned by the MessageTable; what does not wait
// but is worked on has a Job besides.
struct Known {
  uint64_t id = 0;
  int64_t due[2] = {0, 0};         // on each channel, while it waits there
  bool waits[2] = {false, false};  // is in the schedule of that channel
  bool wanted[2] = {true, true};   // a pass is to begin there as soon as it is loaded
  bool picked_up = false;          // its envelope was read, now or before a restart
  bool has_state = false;          // there is a state file
  bool held = false;               // waits for its host's share of the remote concurrency
  bool bouncing = false;           // only its bounce is left, and then its removal
  bool ended = false;              // only its removal is left
  bool damaged = false;            // and that is to bad/
  Job* job = nullptr;
  Known* next = nullptr;  // in a KnownList
};

// Messages in the order they came. A message is in one such list at most.
class KnownList {
 public:
  bool empty() const { return !first_; }
  void push(Known& k) {
    k.next = nullptr;
    *(first_ ? &last_->next : &first_) = &k;
    last_ = &k;
  }
  Known* pop() {
    Known* k = first_;
    if (k) first_ = k->next;
    return k;
  }

 private:
  Known *first_ = nullptr, *last_ = nullptr;
};

// The messages that wait on one channel, soonest first.
class Schedule {
 public:
  explicit Schedule(Channel channel) : channel_(channel) {}
  void add(Known&, int64_t due);
  Known* take_due(int64_t now);  // null: none is due
  void remove(Known&);           // wherever it stands: looks at all of them
  std::optional<int64_t> soonest() const;
  void all_due(int64_t now);

 private:
  struct Entry {
    int64_t due;
    Known* known;
  };
  Channel channel_;
  std::vector<Entry> heap_;
};

// The next try after one at now, of a message that arrived at birth: the square
// root of its age grows by 10 s on the local and 20 s on the remote channel.
int64_t next_try(int64_t birth, int64_t now, Channel);
