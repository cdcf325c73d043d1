// The part of the Scheduler that walks over recipients and hears what became of
// them.
#include <stdlib.h>

#include <algorithm>

#include "lib/time.h"
#include "mail/address.h"
#include "mail/queue_files.h"
#include "mail/spawner_command.h"
#include "send/scheduler.h"

static constexpr size_t largest_group = 100;     // recipients in one transaction
static constexpr uint64_t bytes_a_step = 65536;  // of an envelope, passed over to find a recipient
static constexpr int steps_a_turn = 200;
static constexpr int due_a_turn = 20;

uint64_t Scheduler::capacity(const SpawnerLink& link) const {
  return std::min<uint64_t>({settings_.concurrency[static_cast<int>(link.channel())], link.limit(), most_passes_});
}

void Scheduler::open_pass(Job& job, Channel c) {
  Pass& p = job.pass(c);
  int64_t now = now_seconds(), birth = job.message().trailer().arrival;
  auto age = static_cast<uint64_t>(now > birth ? now - birth : 0);
  p = Pass{};
  p.open = true;
  p.dying = age > settings_.lifetime;
  p.retry_at = next_try(birth, now, c);
  walking(c).push_back(&job);
}

// Each message that is picked up is two files open and one walk over its envelope:
// no more of them than can go on, and few a turn, however many are due.
void Scheduler::open_due_passes(SpawnerLink& link) {
  Channel c = link.channel();
  int64_t now = now_seconds();
  for (int n = 0; n < due_a_turn && walking(c).size() + loading_.size() < capacity(link); ++n) {
    Known* k = schedule(c).take_due(now);
    if (!k) return;
    if (k->held && c == Channel::remote) shares_.remove(*k);  // an order made it due; it may have to wait anew
    if (k->job && k->job->is_loaded()) {
      if (!k->job->pass(c).open) open_pass(*k->job, c);
    } else {
      k->wanted[static_cast<int>(c)] = true;
      if (!k->job) pick_up(*k);
    }
  }
}

// Each open pass gets its step in turn, so that a message with many recipients
// leaves room for others.
void Scheduler::walk(SpawnerLink& link) {
  std::vector<Job*>& jobs = walking(link.channel());
  size_t& next = next_walk_[static_cast<int>(link.channel())];
  for (int n = 0; n < steps_a_turn && !jobs.empty() && link.running() < capacity(link); ++n) {
    if (next >= jobs.size()) next = 0;
    Job& job = *jobs[next];
    pass_step(job, link);
    const Pass& pass = job.pass(link.channel());
    if (pass.open && !pass.held && !pass.at_end) {
      ++next;
      continue;
    }
    jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(next));
    if (!pass.open)
      rest(job);
    else if (!pass.held)
      end_pass_if_over(job, link.channel());
  }
}

// VERP (doc/man/envelopes.5): BASE@HOST-@[] sends to each recipient from an
// address that names it. False: the sender is not of that form.
static bool set_verp_sender(Buf& out, Str sender, Str recipient) {
  constexpr Str mark = "-@[]";
  if (!sender.ends_with(mark)) return false;
  Address from = split_address(slice(sender, 0, sender.size() - mark.size()));
  Address to = split_address(recipient);
  if (!from.has_host || !to.has_host) return false;
  out.set(from.local, to.local, "="sv, to.host, "@"sv, from.host);
  return true;
}

// A replacement of qmail-remote is given one recipient at a time.
static bool may_group(Channel c) {
  const char* replacement = getenv("QMAILREMOTE");
  return c == Channel::remote && !(replacement && *replacement);
}

// What an order ends is the sweep's to settle. What is to expire, and could not be
// recorded as failed, is tried once more; perhaps its report can be.
static bool may_try(Job& job, const Pass& pass, uint32_t recipient) {
  const RecipientBits& bits = job.bits();
  if (bits.get(recipient, RecipientBits::settled) || bits.get(recipient, RecipientBits::running)) return false;
  if (!pass.tried.empty() && pass.tried[recipient]) return false;
  Order order = bits.order(recipient);
  return order == Order::none || (order == Order::expire && !job.sweep().open);
}

bool Scheduler::is_full(Str host, const SpawnerLink& link) const {
  return link.channel() == Channel::remote && shares_.running(host) >= share_of(capacity(link));
}

// Goes on to the next recipient of this channel that is open, and starts its
// delivery, together with those right behind it at the same host.
void Scheduler::pass_step(Job& job, SpawnerLink& link) {
  Channel c = link.channel();
  Pass& pass = job.pass(c);
  char space[4096];
  EnvelopeWalk walk(job.message(), space, pass.cursor);
  uint64_t stop = pass.cursor.offset + bytes_a_step;
  size_t most = may_group(c) && !job.sender().ends_with("-@[]") ? largest_group : 1;
  std::vector<SpawnerLink::Outgoing> group;
  Route route;
  while (pass.cursor.offset < stop && group.size() < most) {
    auto r = walk.next();
    if (!r.ok()) {
      // It was whole when it was loaded: the disk, not the message.
      log.line({"warning: trouble reading msg ", Num(job.id()), ": ", error_text(r.error())});
      pass.left = pass.at_end = true;
      break;
    }
    auto record = r.take();
    if (!record) {
      if (group.empty() || !pass.passed_over) end_walk(job, link);
      break;
    }
    auto number = static_cast<uint32_t>(walk.cursor().recipients - 1);
    bool wanted = record->kind == 'T' && may_try(job, pass, number);
    if (wanted) {
      settings_.router.route(record->address, route);
      wanted = route.channel == c;
    }
    if (wanted) {
      Str host = split_address(route.address).host;
      if (!group.empty() && !same_nocase(host, split_address(group[0].address).host)) break;
      if (group.empty() && is_full(host, link)) {
        if (pass.second_walk) {
          hold(job, host);
          break;
        }
        pass_over(job, pass, host);
        wanted = false;
      }
    }
    if (wanted) {
      job.bits().set(number, RecipientBits::running);
      if (!pass.tried.empty()) pass.tried[number] = true;
      Attempt d;
      d.job = &job;
      d.recipient = number;
      d.plain.set(route.plain());
      group.push_back({std::move(route.address), std::move(d)});
    }
    pass.cursor = walk.cursor();
  }
  if (!group.empty()) start(job, link, group);
}

void Scheduler::pass_over(const Job& job, Pass& pass, Str host) {
  if (pass.passed_over) return;
  pass.passed_over = pass.cursor;
  pass.passed_host.set(host);
  pass.tried.resize(static_cast<size_t>(job.message().trailer().recipients));
}

// Recipients that were passed over have their turn, as soon as there is room for
// the first of them.
void Scheduler::end_walk(Job& job, SpawnerLink& link) {
  Pass& pass = job.pass(link.channel());
  if (!pass.passed_over) {
    pass.at_end = true;
    return;
  }
  pass.cursor = *pass.passed_over;
  pass.passed_over.reset();
  pass.second_walk = true;
  if (is_full(pass.passed_host, link)) hold(job, pass.passed_host);
}

// The share of this host is used up: the pass stops before its recipient. A message
// of which nothing was tried yet need not even stay open; too many that must are
// rather tried again later.
void Scheduler::hold(Job& job, Str host) {
  Pass& pass = job.pass(Channel::remote);
  if (!pass.has_tried && !job.pass(Channel::local).open) {
    pass.open = false;
    shares_.hold(host, job.known());
  } else if (shares_.held_jobs() < most_passes_) {
    pass.held = true;
    shares_.hold(host, job);
  } else {
    pass.left = pass.at_end = true;
  }
}

void Scheduler::release(Str host, SpawnerLink& link) {
  HostShares::Released released = shares_.end(host, share_of(capacity(link)));
  for (Known* k : released.messages) schedule(Channel::remote).add(*k, now_seconds());
  for (Job* job : released.jobs) {
    job->pass(Channel::remote).held = false;
    walking(Channel::remote).push_back(job);
  }
}

void Scheduler::start(Job& job, SpawnerLink& link, std::vector<SpawnerLink::Outgoing>& group) {
  Buf name, sender;
  name.set(Num(split_of(job.id())), "/"sv, Num(job.id()));
  if (!set_verp_sender(sender, job.sender(), group[0].address)) sender.set(job.sender());
  Str where = link.channel() == Channel::local ? " to local " : " to remote ";
  for (SpawnerLink::Outgoing& o : group) {
    o.delivery.log_number = ++deliveries_;
    ++job.pass(link.channel()).running;
    log.line_with({"starting delivery ", Num(deliveries_), ": msg ", Num(job.id()), where}, o.address);
  }
  Str host = split_address(group[0].address).host;
  if (link.channel() == Channel::remote) shares_.begin(host);
  job.pass(link.channel()).has_tried = true;
  link.start(name, sender, host, group);
  log_status();
}

void Scheduler::read_reports(SpawnerLink& link) {
  link.receive();
  SpawnerLink::Report report;
  for (;;) switch (link.next_report(report)) {
      case SpawnerLink::Got::nothing: return;
      case SpawnerLink::Got::out_of_range: log.line({"warning: internal error: delivery report out of range"}); break;
      case SpawnerLink::Got::report:
        handle(link, report);
        if (report.ended_host && link.channel() == Channel::remote) release(*report.ended_host, link);
        break;
    }
}

// What is known goes into the state file first, then into the log.
void Scheduler::handle(SpawnerLink& link, SpawnerLink::Report& report) {
  const Attempt& d = report.delivery;
  Job& job = *d.job;
  Pass& pass = job.pass(link.channel());
  char letter = report.text.empty() ? 0 : report.text.view()[0];
  // What is damaged is never sent, not even back: it waits for somebody to look at it.
  bool damaged = report.text.view() == report_of_damage;
  if (damaged) log.line({"alert: msg ", Num(job.id()), " has a damaged body; it is not delivered"});
  Order order = job.bits().order(d.recipient);
  if (letter == 'Z' && !damaged && (pass.dying || order == Order::expire)) {
    letter = 'D';
    report.text.append(order == Order::expire
                           ? expired_by_order
                           : "I'm not going to try again; this message has been in the queue too long.\n"sv);
  }
  Str text = slice(report.text, 1);
  Num number(d.log_number);
  bool settled = false;
  switch (letter) {
    case 'K':
      delivered(job, d);
      settled = true;
      log.line_with({"delivery ", number, ": success: "}, text);
      break;
    case 'D':
      settled = order != Order::remove && failed(job, d, text);
      log.line_with({"delivery ", number, ": failure: "}, text);
      break;
    case 'Z':
      if (order != Order::remove) deferred(job, d, text);
      log.line_with({"delivery ", number, ": deferral: "}, text);
      break;
    default: log.line({"delivery ", number, ": report mangled, will defer"});
  }
  if (order == Order::remove && !settled) {
    remove(job, d.recipient, link.channel(), d.plain);
    settled = true;
  }
  job.bits().clear(d.recipient, RecipientBits::running);
  if (settled)
    job.settle(d.recipient);
  else
    pass.left = true;
  --pass.running;
  log_status();
  end_pass_if_over(job, link.channel());
}

// The success that ends a message is not recorded: its removal says as much, if
// there is still who removes. What cannot be recorded, as the disk is full, is kept in mind, or it would be done
// again at each try.
void Scheduler::delivered(Job& job, const Attempt& d) {
  if (job.unsettled() == 1 && !job.has_failures() && !cleaner.lost()) return;
  if (job.record_done(d.recipient).ok()) return;
  job.known().unrecorded.push_back(d.recipient);
  Buf name;
  set_state_name(name, job.id());
  log.line({"warning: trouble marking ", name, "; message will be delivered twice!"});
}

bool Scheduler::failed(Job& job, const Attempt& d, Str text) {
  if (job.record_failed(d.recipient, d.plain, text).ok()) return true;
  Buf name;
  set_state_name(name, job.id());
  log.line({"warning: trouble writing to ", name, "; message will be tried again"});
  return false;
}

// Without its record a deferral is only less well explained.
void Scheduler::deferred(Job& job, const Attempt& d, Str text) {
  if (job.record_deferred(d.recipient, text).ok()) return;
  Buf name;
  set_state_name(name, job.id());
  log.line({"warning: trouble writing to ", name});
}

void Scheduler::end_pass_if_over(Job& job, Channel c) {
  if (job.unsettled() == 0) return finish(job);
  Pass& pass = job.pass(c);
  if (!pass.open || pass.running || !pass.at_end) return;
  pass.open = false;
  if (pass.left)
    schedule(c).add(job.known(), next_try_after(pass.retry_at, job.message().trailer().arrival, now_seconds(), c));
  rest(job);
}
