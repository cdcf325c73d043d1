#include "send/scheduler.h"

#include <algorithm>

#include "lib/io.h"
#include "lib/time.h"
#include "mail/queue_files.h"

static constexpr int64_t between_looks = 1500;  // seconds, without a hint that one is needed
static constexpr int64_t after_trouble = 123;   // seconds until what the system refused is tried again
static constexpr int64_t longest_wait = 86400;  // seconds
static constexpr int pick_ups_a_turn = 8;       // so that a flood of new mail does not keep deliveries waiting
static constexpr size_t most_loading = 20;      // large messages picked up at once

// ---- Finding

void Scheduler::found_by_hint(uint64_t id) {
  if (!table_.find(id)) found_.push(table_.add(id));
}

// A state file's mtime is the message's next try. It need not be opened now: a
// start with many messages waiting reads none of them. Then it tells whether there
// is anything to try, or only a bounce to be sent: no matter of either channel.
void Scheduler::found_by_look(uint64_t id) {
  if (table_.find(id)) return;
  Buf name;
  set_state_name(name, id);
  auto st = stat_of(name.c_str());
  Known& k = table_.add(id);
  if (!st.ok()) return found_.push(k);
  k.has_state = k.picked_up = true;
  ++picked_up_;
  int64_t now = now_seconds();
  schedule(Wait::pick_up).add(k, due_when_found_ ? now : std::min<int64_t>(st.take().st_mtime, now + longest_wait));
}

void Scheduler::read_hints() {
  std::vector<uint64_t> ids;
  if (trigger.receive(ids) == Trigger::Verdict::look) look();
  for (uint64_t id : ids) found_by_hint(id);
}

// A crash may leave the state of a message that is gone for good: qmail-clean has
// seen to that, for what it unlinked before it started. Of what ended since, the
// state must stay until it answers.
void Scheduler::remove_orphans(uint64_t split, std::vector<uint64_t>& ids) {
  std::vector<uint64_t> states;
  if (!list_states(split, states).ok()) return;
  std::sort(ids.begin(), ids.end());
  Buf name;
  for (uint64_t id : states) {
    if (table_.find(id) || std::binary_search(ids.begin(), ids.end(), id)) continue;
    set_state_name(name, id);
    unlink(name.c_str());
  }
  Compactor::remove_leftovers(split);
}

void Scheduler::look_step() {
  if (!look_.under_way()) return;
  std::vector<uint64_t> ids;
  uint64_t split = look_.position();
  if (auto r = look_.step(ids); !r.ok()) {
    log.line({"warning: unable to read directory mess/", Num(split), ": ", error_text(r.error())});
    look_failed_ = true;
  } else if (first_look_) {
    remove_orphans(split, ids);
  }
  for (uint64_t id : ids) found_by_look(id);
  if (look_.under_way()) return;
  first_look_ = due_when_found_ = false;
  last_look_ = now_seconds();
  if (std::exchange(look_failed_, false)) last_look_ -= between_looks - after_trouble;
}

void Scheduler::pick_up(Known& k) {
  auto opened = Job::open(k);
  if (opened.ok()) {
    k.job = opened.take();
    return load(*k.job);
  }
  Buf name;
  set_message_name(name, k.id);
  switch (opened.error().code) {
    case ENOENT: return forget(k);  // a hint that was wrong, or its qmail-queue took it back
    case EBADMSG:
    case EINVAL: return put_aside(k);
    default:
      log.line({"warning: unable to open ", name, "; will try again later: ", error_text(opened.error())});
      try_again_later(k);
  }
}

void Scheduler::load(Job& job) {
  auto r = job.load(settings_.router);
  if (!r.ok()) {
    Known& k = job.known();
    Err error = r.error();
    close(job);
    if (error.code == EBADMSG) return put_aside(k);
    Buf name;
    set_message_name(name, k.id);
    log.line({"warning: trouble reading ", name, "; will try again later: ", error_text(error)});
    return try_again_later(k);
  }
  if (r.take()) return loaded(job);
  if (std::find(loading_.begin(), loading_.end(), &job) == loading_.end()) loading_.push_back(&job);
}

void Scheduler::loaded(Job& job) {
  std::erase(loading_, &job);
  announce(job);
  if (job.unsettled() == 0) return finish(job);
  if (job.has_endings()) begin_sweep(job);
  for (SpawnerLink& link : links) {
    Channel c = link.channel();
    if (!std::exchange(job.known().wanted[static_cast<int>(c)], false) || !job.is_present(c)) continue;
    if (walking(c).size() < capacity(link) && !exiting_)
      open_pass(job, c);
    else
      schedule(c).add(job.known(), now_seconds());
  }
  rest(job);
}

// The first time that this message is read.
void Scheduler::announce(Job& job) {
  Known& k = job.known();
  if (std::exchange(k.picked_up, true)) return;
  ++picked_up_;
  if (job.had_state()) return;
  const Trailer& t = job.message().trailer();
  Num id(t.id);
  log.line({"new msg ", id});
  Buf from;
  append_safe(from, job.sender());
  log.line({"info msg ", id, ": bytes ", Num(t.body_size), " from <", from, "> qp ", Num(t.pid), " uid ", Num(t.uid)});
}

// ---- Ending

// A job without a pass has nothing to stay open for.
void Scheduler::rest(Job& job) {
  if (job.is_busy()) return;
  if (job.unsettled() == 0) return finish(job);
  Known& k = job.known();
  if (k.pinned) return;
  int64_t now = now_seconds();
  // Recipients may have changed channels since the last pass: then no schedule has them.
  bool on_hold = job.unsettled() == job.on_hold();  // then it waits for nothing
  if (!k.waits(Wait::local) && !k.waits(Wait::remote) && !k.held && !on_hold)
    for (Wait w : {Wait::local, Wait::remote}) schedule(w).add(k, now);
  int64_t soonest = k.held ? now : now + longest_wait;
  for (Wait w : {Wait::local, Wait::remote})
    if (k.waits(w)) soonest = std::min(soonest, k.due[static_cast<int>(w)]);
  job.note_due(soonest);
  compactor_.start_if_it_pays(job);
  close(job);
}

void Scheduler::close(Job& job) {
  std::erase(loading_, &job);
  job.known().job = nullptr;
  delete &job;
}

void Scheduler::try_again_later(Known& k) { schedule(Wait::pick_up).add(k, now_seconds() + after_trouble); }

void Scheduler::pick_up_due() {
  for (int n = 0; n < pick_ups_a_turn && loading_.size() < most_loading; ++n) {
    Known* k = schedule(Wait::pick_up).take_due(now_seconds());
    if (!k) return;
    if (k->ended)
      request_removal(*k);
    else if (!k->job)
      pick_up(*k);
  }
}

void Scheduler::stop_waiting(Known& k) {
  for (Schedule& s : schedules_) s.remove(k);
  if (k.held) shares_.remove(k);
}

// All recipients are settled. Nothing may try them once more, whatever was to
// happen next: a pass that has still to walk over the rest of them, or, as
// recipients can change channels, one that waits.
void Scheduler::finish(Job& job) {
  stop_waiting(job.known());
  for (std::vector<Job*>& jobs : walking_) std::erase(jobs, &job);
  std::erase(sweeping_, &job);
  if (std::exchange(job.pass(Channel::remote).held, false)) shares_.remove(job);

  if (!job.needs_bounce()) return end(job);
  if (job.sender() == "#@[]") {
    log.line({"triple bounce: discarding bounce/", Num(job.id())});
    return end(job);
  }
  if (bouncer_.has_room(0)) return bounce(job);
  to_be_bounced_.push(job.known());
  close(job);
}

void Scheduler::bounce(Job& job) {
  if (bouncer_.start(job, settings_).ok()) return;
  log.line({"warning: unable to start qmail-bounce, will try later"});
  try_again_later(job.known());
  close(job);
}

void Scheduler::bounce_waiting() {
  while (bouncer_.has_room(loading_.size()) && !to_be_bounced_.empty()) pick_up(*to_be_bounced_.pop());
}

void Scheduler::child_ended(pid_t pid, int status) {
  if (auto id = compactor_.child_ended(pid)) {
    Known* k = table_.find(*id);
    return compactor_.finish(pid, status, k && !k->ended && !k->job ? k : nullptr);
  }
  auto outcome = bouncer_.child_ended(pid, status);
  if (!outcome) return;
  Job& job = *outcome->job;
  if (!outcome->qp) {
    log.line({"warning: trouble injecting bounce message, will try later"});
    try_again_later(job.known());
    return close(job);
  }
  // If this record is lost, a restart may send the bounce once more; never none.
  if (!job.record_bounced().ok()) log.line({"warning: trouble marking bounce of msg ", Num(job.id())});
  log.line({"bounce msg ", Num(job.id()), " qp ", Num(*outcome->qp)});
  end(job);
}

// Without a state file nothing can come back wrong: the message may even return
// after a power cut, it is then delivered again as one that was just finished.
// With one, the message must be gone for good before its marks are.
void Scheduler::end(Job& job) {
  Known& k = job.known();
  log.line({"end msg ", Num(k.id)});
  k.ended = true;
  close(job);
  request_removal(k);
}

void Scheduler::request_removal(Known& k) {
  using Request = Cleaner::Request;
  cleaner.request(k.damaged ? Request::put_aside : k.has_state ? Request::remove_and_sync : Request::remove, k.id);
}

void Scheduler::put_aside(Known& k) {
  log.line({"alert: msg ", Num(k.id), " is damaged; moving it to queue/bad"});
  k.ended = k.damaged = true;
  k.has_state = false;  // its state stays until the next start: it may be mended and put back
  request_removal(k);
}

void Scheduler::read_answers() {
  cleaner.receive();
  Buf name;
  while (auto answer = cleaner.next_answer()) {
    Known* k = table_.find(answer->id);
    if (!k || !k->ended) continue;
    if (!answer->done) {
      set_message_name(name, k->id);
      log.line({"warning: qmail-clean unable to clean up ", name});
      try_again_later(*k);
      continue;
    }
    if (k->has_state) {
      set_state_name(name, k->id);
      if (unlink(name.c_str()) == -1 && errno != ENOENT) {
        log.line({"warning: unable to unlink ", name, "; will try again later"});
        try_again_later(*k);  // of the message nothing is left, which qmail-clean does not mind
        continue;
      }
    }
    forget(*k);
  }
}

void Scheduler::forget(Known& k) {
  stop_waiting(k);
  picked_up_ -= k.picked_up;
  table_.remove(k);
}

// ---- The turn

// Messages are waiting too that no look has come to yet.
void Scheduler::all_due() {
  for (Schedule& s : schedules_) s.all_due(now_seconds());
  look();
  due_when_found_ = true;
}

// Due times are the wall clock's, as they outlive this process. When it is set
// back nothing may wait longer for that.
void Scheduler::note_clock(int64_t now) {
  int64_t back = std::exchange(last_turn_, now) - now;
  if (back <= 0) return;
  for (Schedule& s : schedules_) s.shift(-back);
  last_look_ -= back;
}

bool Scheduler::can_exit() const {
  if (!exiting_ || !bouncer_.is_idle()) return false;
  bool cleaning = cleaner.outstanding() && !cleaner.lost();
  bool bouncing = !to_be_bounced_.empty() || !loading_.empty();
  for (const SpawnerLink& link : links)
    if (link.running() && !link.lost()) return false;
  return !cleaning && !bouncing;
}

void Scheduler::log_status() {
  log.line({"status: local ", Num(links[0].running()), "/", Num(capacity(links[0])), " remote ",
            Num(links[1].running()), "/", Num(capacity(links[1])), exiting_ ? " exitasap" : ""});
}

// For qmail-qstat. No sync, no promise: a number to look at.
void Scheduler::note_counts() {
  if (noted_ == picked_up_) return;
  if (!counts_.is_open()) {
    auto opened = open_write("lock/status");
    if (!opened.ok()) return;
    counts_ = opened.take();
  }
  Buf text;
  text.append_padded(noted_ = picked_up_, 20);
  text.push('\n');
  if (pwrite(counts_.get(), text.c_str(), text.size(), 0) == -1) {
  }
}

int64_t Scheduler::turn() {
  int64_t now = now_seconds();
  note_clock(now);
  bounce_waiting();
  for (size_t i = loading_.size(); i-- > 0;) load(*loading_[i]);
  take_requests();
  if (!exiting_) {
    for (size_t i = sweeping_.size(); i-- > 0;) sweep_step(*sweeping_[i]);
    if (!look_.under_way() && now - last_look_ >= between_looks) look();
    look_step();
    for (int n = 0; n < pick_ups_a_turn && loading_.size() < most_loading && !found_.empty(); ++n)
      pick_up(*found_.pop());
    pick_up_due();
    for (SpawnerLink& link : links) {
      open_due_passes(link);
      walk(link);
    }
  }
  note_counts();

  if (!loading_.empty() || control.has_request()) return 0;
  int64_t most = std::min(longest_wait, control.patience());
  if (exiting_) return most;
  if (!found_.empty() || look_.under_way() || !sweeping_.empty()) return 0;
  int64_t until = std::min(last_look_ + between_looks, schedule(Wait::pick_up).soonest().value_or(INT64_MAX));
  for (SpawnerLink& link : links) {
    Channel c = link.channel();
    if (!walking(c).empty() && link.running() < capacity(link)) return 0;
    auto soonest = schedule(c).soonest();
    if (soonest && walking(c).size() < capacity(link)) until = std::min(until, *soonest);
  }
  return std::clamp<int64_t>(until - now_seconds(), 0, most);
}
