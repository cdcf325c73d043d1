// The heart of qmail-send: which message is worked on, and what becomes of it.
//
// A message is found (by a hint or a look), picked up (its envelope is read and
// checked), and then, whenever it is due on a channel, tried there in a pass: a
// walk over its recipients with one delivery each. When no recipient is left
// open, its failures are bounced and it is removed. Nothing here waits for the
// disk, for a child or for another program: all of it is steps between polls.
#pragma once
#include "send/bouncer.h"
#include "send/cleaner.h"
#include "send/compactor.h"
#include "send/control_socket.h"
#include "send/host_shares.h"
#include "send/log.h"
#include "send/look.h"
#include "send/message_table.h"
#include "send/settings.h"
#include "send/spawner_link.h"

class Scheduler {
 public:
  // most_passes bounds the passes of a channel, whatever its concurrency: each
  // holds two descriptors.
  Scheduler(Settings s, uint64_t most_passes) : settings_(std::move(s)), most_passes_(most_passes) { look(); }
  Log log;
  SpawnerLink links[2] = {SpawnerLink(Channel::local), SpawnerLink(Channel::remote)};
  Cleaner cleaner;
  Trigger trigger;
  ControlSocket control;

  void look() { look_.start(); }
  void use(Settings s) { settings_ = std::move(s); }
  void all_due();                         // and looks for messages that are not known
  void begin_exit() { exiting_ = true; }  // start nothing new
  bool can_exit() const;
  void log_status();

  // Are hints of use now? Those that are not read wait in the FIFO; should it
  // fill, a look finds what they would have told.
  bool takes_hints() const { return !exiting_ && found_.size() < most_found; }
  void read_hints();
  void read_reports(SpawnerLink&);
  void read_answers();
  void child_ended(pid_t, int status);

  // Everything that can be done now. Returns the seconds until there is more to
  // do by itself, at most a day; 0: at once.
  int64_t turn();

 private:
  static constexpr size_t most_found = 1000;  // hints taken ahead of picking up

  // Finding (scheduler.cc)
  void found_by_hint(uint64_t id);
  void found_by_look(uint64_t id);
  void look_step();
  void remove_orphans(uint64_t split, std::vector<uint64_t>& ids);
  void pick_up(Known&);
  void load(Job&);
  void loaded(Job&);
  void announce(Job&);

  // Passes (passes.cc)
  uint64_t capacity(const SpawnerLink&) const;  // transactions at once
  void pick_up_due();
  void open_due_passes(SpawnerLink&);
  void open_pass(Job&, Channel);
  void walk(SpawnerLink&);
  void pass_step(Job&, SpawnerLink&);
  void start(Job&, SpawnerLink&, std::vector<SpawnerLink::Outgoing>&);
  bool is_full(Str host, const SpawnerLink&) const;  // its share is used up
  void pass_over(const Job&, Pass&, Str host);
  void end_walk(Job&, SpawnerLink&);
  void hold(Job&, Str host);
  void release(Str host, SpawnerLink&);
  void handle(SpawnerLink&, SpawnerLink::Report&);
  void delivered(Job&, const Attempt&);
  bool failed(Job&, const Attempt&, Str text);
  void deferred(Job&, const Attempt&, Str text);
  void end_pass_if_over(Job&, Channel);

  // Orders of administrators (orders.cc)
  void take_requests();
  void append_due(Buf&, uint64_t id);
  std::optional<Str> obey(const ControlRequest&);
  Known* wake(Known&);
  Str carry_out(const ControlRequest&, Job&);
  Str retry(Known&);
  void make_due(Job&, Channel);
  void begin_sweep(Job&);
  void sweep_step(Job&);
  bool expire(Job&, uint32_t recipient, const Route&);
  void remove(Job&, uint32_t recipient, Channel, Str address);

  // Ending (scheduler.cc)
  void rest(Job&);
  void finish(Job&);
  void bounce_waiting();
  void bounce(Job&);
  void end(Job&);
  void request_removal(Known&);
  void put_aside(Known&);
  void close(Job&);
  void stop_waiting(Known&);
  void forget(Known&);
  void try_again_later(Known&);
  void note_counts();
  void note_clock(int64_t now);
  Schedule& schedule(Wait w) { return schedules_[static_cast<int>(w)]; }
  Schedule& schedule(Channel c) { return schedule(wait_of(c)); }
  std::vector<Job*>& walking(Channel c) { return walking_[static_cast<int>(c)]; }

  Settings settings_;
  uint64_t most_passes_;
  MessageTable table_;
  Schedule schedules_[3] = {Schedule(Wait::local), Schedule(Wait::remote), Schedule(Wait::pick_up)};
  KnownList found_;          // to be picked up
  KnownList to_be_bounced_;  // as soon as there is room
  std::vector<Job*> loading_;
  std::vector<Job*> walking_[2];  // with a pass open and not at its end
  size_t next_walk_[2] = {0, 0};
  HostShares shares_;
  Bouncer bouncer_;
  Compactor compactor_;
  std::vector<ControlRequest> requests_;  // being carried out
  std::vector<Job*> sweeping_;
  Look look_;
  int64_t last_look_ = 0, last_turn_ = 0;
  bool first_look_ = true, look_failed_ = false, due_when_found_ = false;
  bool exiting_ = false;
  uint64_t deliveries_ = 0;  // started so far
  size_t picked_up_ = 0;     // of the messages in the queue
  Fd counts_;                // lock/status
  size_t noted_ = SIZE_MAX;  // what it holds
};
