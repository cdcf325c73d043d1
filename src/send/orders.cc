// The part of the Scheduler that carries out what administrators order through
// the control socket.
#include <algorithm>

#include "lib/time.h"
#include "mail/queue_files.h"
#include "send/scheduler.h"

using Verb = ControlRequest::Verb;

static constexpr int requests_a_turn = 20;       // so that deliveries go on beside them
static constexpr uint64_t bytes_a_step = 65536;  // of an envelope
static constexpr size_t most_shown = 1000;       // recipients under way, of one message

// An order waits while its message is loaded; meanwhile others may be obeyed.
void Scheduler::take_requests() {
  for (int n = 0; n < requests_a_turn; ++n) {
    auto request = control.next_request();
    if (!request) break;
    if (request->verb != Verb::due) {
      requests_.push_back(std::move(*request));
      continue;
    }
    Buf answer;
    answer.push('+');
    for (uint64_t id : request->ids) append_due(answer, id);
    control.answer(request->connection, answer);
  }
  for (size_t i = 0; i < requests_.size();) {
    auto answer = obey(requests_[i]);
    if (!answer) {
      ++i;
      continue;
    }
    control.answer(requests_[i].connection, *answer);
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// A line: ID, the next tries on the local and on the remote channel ("-": none is
// planned), the numbers of recipients under way.
void Scheduler::append_due(Buf& out, uint64_t id) {
  Known* k = table_.find(id);
  if (!k) return;
  out.append_number(id);
  for (SpawnerLink& link : links) {
    Wait w = wait_of(link.channel());
    if (!k->waits(w) && k->waits(Wait::pick_up)) w = Wait::pick_up;
    if (k->waits(w))
      out.add(" "sv, Num(static_cast<uint64_t>(std::max<int64_t>(k->due[static_cast<int>(w)], 0))));
    else
      out.append(" -");
  }
  if (k->job && k->job->is_busy()) {
    uint64_t recipients = k->job->message().trailer().recipients;
    size_t shown = 0;
    for (uint64_t n = 0; n < recipients && shown < most_shown; ++n)
      if (k->job->bits().get(n, RecipientBits::running)) {
        out.add(" "sv, Num(n));
        ++shown;
      }
  }
  out.push('\n');
}

// The answer; nothing: it is to be asked again in the next turn.
std::optional<Str> Scheduler::obey(const ControlRequest& request) {
  uint64_t id = request.ids[0];
  Known* k = table_.find(id);
  if (!k) {
    Buf name;
    set_message_name(name, id);
    if (!stat_of(name.c_str()).ok()) return "-there is no such message";
    found_by_hint(id);
    return {};
  }
  if (k->ended) return "-it has just ended";
  if (request.verb == Verb::retry) return retry(*k);
  if (exiting_) return "-qmail-send is ending";
  if (!k->job) {
    if ((k->listed && !k->held) || loading_.size() > requests_a_turn) return {};
    k = wake(*k);
    if (!k || k->ended) return "-it has just ended";
    if (!k->job) return "-it cannot be read now";
  }
  if (!k->job->is_loaded()) {
    k->pinned = true;
    return {};
  }
  k->pinned = false;
  return carry_out(request, *k->job);
}

// Loads a message without trying it: what it waits for stays.
Known* Scheduler::wake(Known& k) {
  uint64_t id = k.id;
  if (k.waits(Wait::pick_up)) {
    int64_t due = k.due[static_cast<int>(Wait::pick_up)];
    stop_waiting(k);
    for (SpawnerLink& link : links) {
      k.wanted[static_cast<int>(link.channel())] = false;
      schedule(link.channel()).add(k, due);
    }
  }
  k.pinned = true;
  pick_up(k);
  Known* still = table_.find(id);
  if (still && !still->job) still->pinned = false;
  return still;
}

Str Scheduler::carry_out(const ControlRequest& request, Job& job) {
  Known& k = job.known();
  if (job.unsettled() == 0) return "-nothing of it is left to be tried";
  if (!job.record_order(record_of(request.verb), request.recipients).ok()) {
    rest(job);
    return "-unable to write its state file";
  }
  Num uid(request.uid), id(k.id);
  if (request.recipients.empty())
    log.line({"control: msg ", id, ": ", name_of(request.verb), " by uid ", uid});
  else
    log.line({"control: msg ", id, ": ", name_of(request.verb), " by uid ", uid, " recipients ",
              Num(request.recipients.size())});
  if (request.verb == Verb::release)
    for (SpawnerLink& link : links) make_due(job, link.channel());
  if (job.has_endings()) begin_sweep(job);
  rest(job);
  return "+";
}

// A pass that is open may have left behind what was on hold: then once more.
void Scheduler::make_due(Job& job, Channel c) {
  Pass& pass = job.pass(c);
  if (!pass.open) return schedule(c).add(job.known(), now_seconds());
  pass.left = true;
  pass.retry_at = now_seconds();
}

// All that waits becomes due, on both channels; what was deferred in a pass that is
// open, behind it.
Str Scheduler::retry(Known& k) {
  bool any = k.job || k.held || (k.listed && !k.held);
  for (Schedule& s : schedules_)
    if (k.waits(s.what())) {
      s.add(k, now_seconds());
      any = true;
    }
  for (SpawnerLink& link : links)
    if (k.job && k.job->pass(link.channel()).open && k.job->pass(link.channel()).left) make_due(*k.job, link.channel());
  return any ? "+"sv : "-it is on hold"sv;
}

void Scheduler::begin_sweep(Job& job) {
  if (!std::exchange(job.sweep().open, true)) sweeping_.push_back(&job);
  job.sweep().cursor = {};
}

void Scheduler::sweep_step(Job& job) {
  Sweep& sweep = job.sweep();
  char space[4096];
  EnvelopeWalk walk(job.message(), space, sweep.cursor);
  uint64_t stop = sweep.cursor.offset + bytes_a_step;
  Route route;
  while (walk.cursor().offset < stop) {
    auto r = walk.next();
    if (!r.ok()) log.line({"warning: trouble reading msg ", Num(job.id()), ": ", error_text(r.error())});
    auto record = r.ok() ? r.take() : std::nullopt;
    if (!record) {
      sweep.open = false;
      std::erase(sweeping_, &job);
      return rest(job);
    }
    auto number = static_cast<uint32_t>(walk.cursor().recipients - 1);
    if (record->kind != 'T' || job.bits().order(number) < Order::expire ||
        job.bits().get(number, RecipientBits::settled) || job.bits().get(number, RecipientBits::running))
      continue;
    settings_.router.route(record->address, route);
    if (job.bits().order(number) == Order::remove)
      remove(job, number, route.channel, route.plain());
    else if (!expire(job, number, route))
      continue;
    job.settle(number);
  }
  sweep.cursor = walk.cursor();
}

static void log_end(Log& log, const Job& job, Str what, Channel channel, Str address) {
  Str where = channel == Channel::local ? " local " : " remote ";
  log.line_with({"control: msg ", Num(job.id()), ": ", what, where}, address);
}

bool Scheduler::expire(Job& job, uint32_t recipient, const Route& route) {
  if (!job.record_failed(recipient, route.plain(), expired_by_order).ok()) {
    Buf name;
    set_state_name(name, job.id());
    log.line({"warning: trouble writing to ", name, "; message will be tried again"});
    return false;
  }
  log_end(log, job, "expired", route.channel, route.plain());
  return true;
}

// As with successes, the one that ends the message needs no record. Without one
// the order stands, and is carried out once more: only the log says it twice.
void Scheduler::remove(Job& job, uint32_t recipient, Channel channel, Str address) {
  bool last = job.unsettled() == 1 && !job.has_failures();
  if (!last && !job.record_removed(recipient).ok())
    log.line({"warning: trouble marking a deleted recipient of msg ", Num(job.id())});
  log_end(log, job, "deleted", channel, address);
}
