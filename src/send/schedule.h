// When messages are due.
#pragma once
#include <vector>

#include "mail/route.h"

class Job;

// What a message can wait for, each in a schedule of its own: its next pass on a
// channel; or to be picked up, then known by its state file alone, or for
// another attempt at what the system refused.
enum class Wait : uint8_t { local, remote, pick_up };
inline Wait wait_of(Channel c) { return c == Channel::local ? Wait::local : Wait::remote; }

// A message that qmail-send knows. Owned by the MessageTable; what does not wait
// but is worked on has a Job besides.
struct Known {
  static constexpr size_t nowhere = SIZE_MAX;

  uint64_t id = 0;
  int64_t due[3] = {0, 0, 0};                     // by Wait, while it waits there
  size_t place[3] = {nowhere, nowhere, nowhere};  // in the schedules, by Wait
  bool wanted[2] = {true, true};                  // by channel: a pass is to begin as soon as it is loaded
  bool picked_up = false;                         // its envelope was read, now or before a restart
  bool has_state = false;                         // there is a state file
  bool held = false;                              // waits for its host's share of the remote concurrency
  bool listed = false;                            // is in a KnownList
  bool pinned = false;                            // its job stays open, for an order that is being carried out
  bool ended = false;                             // only its removal is left
  bool damaged = false;                           // and that is to bad/
  uint32_t compacted = 0;                         // kB of its state file after it was last made smaller
  std::vector<uint32_t> unrecorded;               // recipients done of which the state file does not say so
  Job* job = nullptr;
  Known* next = nullptr;  // in a KnownList

  bool waits(Wait w) const { return place[static_cast<int>(w)] != nowhere; }
};

// Messages in the order they came. A message is in one such list at most.
class KnownList {
 public:
  bool empty() const { return !first_; }
  void push(Known& k) {
    k.next = nullptr;
    k.listed = true;
    *(first_ ? &last_->next : &first_) = &k;
    last_ = &k;
    ++size_;
  }
  Known* pop() {
    Known* k = first_;
    if (!k) return k;
    first_ = k->next;
    k->listed = false;
    --size_;
    return k;
  }
  size_t size() const { return size_; }

 private:
  Known *first_ = nullptr, *last_ = nullptr;
  size_t size_ = 0;
};

// The messages that wait for one thing, soonest first.
class Schedule {
 public:
  explicit Schedule(Wait what) : what_(static_cast<size_t>(what)) {}
  void add(Known&, int64_t due);  // in place of an earlier time
  Known* take_due(int64_t now);   // null: none is due
  void remove(Known&);            // which may be in it or not
  std::optional<int64_t> soonest() const;
  void all_due(int64_t now);
  Wait what() const { return static_cast<Wait>(what_); }
  void shift(int64_t seconds);  // the clock was set: so much later

 private:
  int64_t& due(Known* k) const { return k->due[what_]; }
  void put(size_t at, Known* k) { (heap_[at] = k)->place[what_] = at; }
  void sift(size_t at);
  size_t what_;
  std::vector<Known*> heap_;  // no one's due time is before that of its parent, at (n - 1) / 2
};

// The next try after one at now, of a message that arrived at birth: the square
// root of its age grows by 10 s on the local and 20 s on the remote channel. A
// message from the future, as the clock has it, is as one that just arrived.
int64_t next_try(int64_t birth, int64_t now, Channel);

// The same when the pass that planned it is over, now: no later than a pass of this
// moment would have it, as the clock may have been set back while deliveries ran.
int64_t next_try_after(int64_t planned, int64_t birth, int64_t now, Channel);
