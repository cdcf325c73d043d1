#include "queue/listing.h"

#include <algorithm>

#include "lib/json.h"
#include "lib/time.h"
#include "mail/date.h"

using Fate = RecipientState::Fate;

static bool is_running(const Due* due, uint32_t number) {
  return due && std::binary_search(due->running.begin(), due->running.end(), number);
}

static Str state_name(const RecipientView& r, const Due* due) {
  switch (r.state.fate) {
    case Fate::done: return "done";
    case Fate::failed: return "failed";
    case Fate::removed: return "deleted";
    case Fate::open: break;
  }
  if (is_running(due, r.number)) return "trying";
  switch (r.state.order) {
    case Order::hold: return "held";
    case Order::expire: return "expiring";
    case Order::remove: return "deleted";
    case Order::none: break;
  }
  return r.state.deferral_at ? "deferred" : "waiting";
}

// Without qmail-send only the message's own next try is known; without a state
// file it is due.
std::optional<int64_t> Listing::next_try(const QueueEntry& e, const RecipientView& r, const Due* due) const {
  if (!r.is_open() || r.on_hold() || is_running(due, r.number)) return {};
  if (due) return due->next[static_cast<int>(r.route.channel)];
  if (!live_ && e.state_mtime) return e.state_mtime;
  return now_seconds();
}

Result<Listing::Counts> Listing::count(const QueueEntry& e, const Due* due) {
  Counts c;
  c.chosen = !choice_.chooses_recipients();
  TRY(each_recipient(e, router_, [&](const RecipientView& r) -> Result<> {
    c.chosen = c.chosen || matches_recipient(choice_, r.route.plain(), r.on_hold());
    if (auto next = next_try(e, r, due)) c.next = std::min(c.next.value_or(*next), *next);
    c.waiting += r.is_open();
    c.held += r.on_hold();
    c.done += r.state.fate == Fate::done;
    c.failed += r.state.fate == Fate::failed;
    c.removed += r.state.fate == Fate::removed;
    return {};
  }));
  return c;
}

static void append_visible(Buf& out, Str s) {
  for (char c : s) out.push(c < 32 || c > 126 ? '_' : c);
}

static void append_next(Buf& out, std::optional<int64_t> next) {
  if (!next) return;
  out.append("  next ");
  append_date_without_zone(out, *next);
  out.append(" GMT");
}

void Listing::append_text(Buf& out, const QueueEntry& e, const Counts& c) const {
  const Trailer& t = e.message.trailer();
  out.append_number(t.id);
  out.append("  ");
  append_date_without_zone(out, t.arrival);
  out.add(" GMT  "sv, Num(t.body_size), " bytes  "sv, Num(c.waiting), "/"sv, Num(t.recipients), " waiting"sv);
  if (c.held) out.add(", "sv, Num(c.held), " held"sv);
  if (c.failed) out.add(", "sv, Num(c.failed), " failed"sv);
  append_next(out, c.next);
  out.append("  <");
  append_visible(out, e.sender);
  out.append(">\n");
}

void append_json_member(Buf& out, Str name, Str bytes) {
  constexpr Str hex = "0123456789abcdef";
  out.add(",\""sv, name, "\":"sv);
  append_json_string(out, bytes);
  if (is_utf8(bytes)) return;
  out.add(",\""sv, name, "_hex\":\""sv);
  for (char c : bytes) {
    out.push(hex[static_cast<unsigned char>(c) >> 4]);
    out.push(hex[static_cast<unsigned char>(c) & 15]);
  }
  out.push('"');
}

static void append_json_time(Buf& out, Str name, std::optional<int64_t> t) {
  out.add(",\""sv, name, "\":"sv);
  if (!t) return out.append("null");
  if (*t < 0) out.push('-');
  out.append_number(static_cast<uint64_t>(*t < 0 ? -*t : *t));
}

void Listing::append_json(Buf& out, const QueueEntry& e, const Counts& c) const {
  const Trailer& t = e.message.trailer();
  out.add("{\"id\":"sv, Num(t.id));
  append_json_time(out, "arrival", t.arrival);
  out.add(",\"size\":"sv, Num(t.body_size));
  append_json_member(out, "sender", e.sender);
  out.add(",\"recipient_count\":"sv, Num(t.recipients), ",\"waiting\":"sv, Num(c.waiting), ",\"held\":"sv, Num(c.held),
          ",\"done\":"sv, Num(c.done), ",\"failed\":"sv, Num(c.failed), ",\"deleted\":"sv, Num(c.removed));
  append_json_time(out, "next", c.next);
}

// Each line of the reason by itself.
static void append_reason_lines(Buf& out, Str reason) {
  while (!reason.empty()) {
    out.append("\t\t");
    append_visible(out, take_until(reason, '\n'));
    out.push('\n');
  }
}

Result<> Listing::show_recipient(QueueEntry& e, const RecipientView& r, const Due* due) {
  if (!matches_recipient(choice_, r.route.plain(), r.on_hold())) return {};
  if (r.state.deferral_at != deferral_at_ || r.state.failure_at != failure_at_) {
    reason_.clear();
    TRY(e.state.append_reason(reason_, r.state));
    deferral_at_ = r.state.deferral_at;
    failure_at_ = r.state.failure_at;
  }
  Str reason = r.state.fate == Fate::open || r.state.fate == Fate::failed ? reason_.view() : Str();
  Str channel = r.route.channel == Channel::local ? "local" : "remote";
  auto next = next_try(e, r, due);
  Buf text;
  if (choice_.json) {
    text.add(std::exchange(first_recipient_, false) ? ""sv : ","sv, "\n  {\"number\":"sv, Num(r.number),
             ",\"channel\":\""sv, channel, "\",\"state\":\""sv, state_name(r, due), "\""sv);
    append_json_member(text, "address", r.route.plain());
    append_json_time(text, "next", next);
    if (reason.empty())
      text.append(",\"reason\":null");
    else
      append_json_member(text, "reason", reason);
    text.push('}');
  } else {
    text.add("\t"sv, state_name(r, due), "\t"sv, channel, "\t"sv);
    append_visible(text, r.route.plain());
    append_next(text, next);
    text.push('\n');
    append_reason_lines(text, reason);
  }
  return out_.put(text);
}

Result<> Listing::begin() { return choice_.json ? out_.put("[") : Result<>(); }
Result<> Listing::end() { return choice_.json ? out_.put(first_ ? "]\n" : "\n]\n") : Result<>(); }

Result<> Listing::show(QueueEntry& e, const Due* due) {
  Counts c = TRY(count(e, due));
  if (!c.chosen) return {};
  Buf text;
  bool first = std::exchange(first_, false);
  if (choice_.json) {
    text.append(first ? "\n" : ",\n");
    append_json(text, e, c);
    bool all = choice_.command == Choice::Command::show;
    text.append(all ? ",\"recipients\":[" : "}");
  } else {
    append_text(text, e, c);
  }
  TRY(out_.put(text));
  if (choice_.command != Choice::Command::show) return {};
  first_recipient_ = true;
  deferral_at_ = failure_at_ = 0;
  reason_.clear();
  TRY(each_recipient(e, router_, [&](const RecipientView& r) { return show_recipient(e, r, due); }));
  return choice_.json ? out_.put("]}") : Result<>();
}
