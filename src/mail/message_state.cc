#include "mail/message_state.h"

#include <algorithm>

#include "lib/checksum.h"
#include "lib/io.h"

using Kind = StateRecord::Kind;
using Fate = RecipientState::Fate;

Result<MessageState> MessageState::read(int fd, const Trailer& t) {
  MessageState state;
  if (t.recipients > UINT32_MAX || t.recipients > t.envelope_size / 2) return Err{EBADMSG};
  state.recipients_.resize(static_cast<size_t>(t.recipients));
  if (fd == -1 || !TRY(state.reader_.open(fd, t))) return state;
  for (;;) {
    uint64_t place = state.good_size_ = state.reader_.good_size();
    auto record = TRY(state.reader_.next());
    if (!record) return state;
    state.note(*record, place);
  }
}

void MessageState::give_order(RecipientState& r, Order order) {
  if (r.fate != Fate::open || !may_follow(r.order, order)) return;
  r.order = order;
}

void MessageState::note(const StateRecord& record, uint64_t place) {
  if (auto order = order_of(record.kind)) {
    bool all = record.number == StateRecord::every_recipient;
    if (all)
      for (RecipientState& r : recipients_) give_order(r, *order);
    else if (record.number < recipients_.size())
      give_order(recipients_[record.number], *order);
    if (all && *order == Order::remove) bounced_ = true;
    return;
  }
  if (record.kind == Kind::bounced) bounced_ = true;
  if (record.kind == Kind::deferred && !record.text.empty()) {
    deferral_at_ = place;
    deferral_sum_ = crc32c(0, record.text);
  }
  if (record.number >= recipients_.size()) return;
  RecipientState& r = recipients_[record.number];
  if (r.fate != Fate::open) return;
  switch (record.kind) {
    case Kind::done: r.fate = Fate::done; break;
    case Kind::removed: r.fate = Fate::removed; break;
    case Kind::failed:
      r.fate = Fate::failed;
      r.failure_at = place;
      r.expired = record.text == expired_by_order;
      break;
    case Kind::deferred:
      r.deferral_at = deferral_at_;
      r.deferral_sum = deferral_sum_;
      break;
    default: break;
  }
}

Result<StateRecord> MessageState::record_at(uint64_t place) {
  reader_.seek(place);
  auto record = TRY(reader_.next());
  if (!record) return Err{EBADMSG};
  return *record;
}

Result<> MessageState::append_reason(Buf& out, const RecipientState& r) {
  if (r.deferral_at && (r.expired || r.fate == Fate::open)) {
    StateRecord record = TRY(record_at(r.deferral_at));
    out.append(record.text);
    if (r.expired && !record.text.ends_with("\n")) out.push('\n');
  }
  if (!r.failure_at) return {};
  StateRecord record = TRY(record_at(r.failure_at));
  out.append(record.text);
  return {};
}

namespace {
// Gathers records and writes many at once.
class StateWriter {
 public:
  StateWriter(int fd, const Trailer& t) : fd_(fd), trailer_(t) { append_state_header(pending_, t); }
  Result<> put(const StateRecord& record) {
    append_state_record(pending_, trailer_, record);
    return pending_.size() > 65536 ? flush() : Result<>();
  }
  Result<> flush() {
    TRY(write_all(fd_, pending_));
    written_ += pending_.size();
    pending_.clear();
    return {};
  }
  uint64_t written() const { return written_; }

 private:
  int fd_;
  const Trailer& trailer_;
  Buf pending_;
  uint64_t written_ = 0;
};
}  // namespace

static Result<> put_settled(StateWriter& out, MessageState& state, uint64_t recipients) {
  for (uint64_t n = 0; n < recipients; ++n) {
    const RecipientState& r = state.of(n);
    auto number = static_cast<uint32_t>(n);
    switch (r.fate) {
      case Fate::open: break;
      case Fate::done: TRY(out.put({Kind::done, number, {}, {}})); break;
      case Fate::removed: TRY(out.put({Kind::removed, number, {}, {}})); break;
      case Fate::failed: {
        StateRecord record = TRY(state.record_at(r.failure_at));
        TRY(out.put(record));
      }
    }
  }
  return {};
}

// Those with the same text behind each other: it is written once for them.
static Result<> put_deferrals(StateWriter& out, MessageState& state, uint64_t recipients) {
  std::vector<uint32_t> deferred;
  for (uint64_t n = 0; n < recipients; ++n) {
    const RecipientState& r = state.of(n);
    if (r.deferral_at && (r.fate == Fate::open || r.expired)) deferred.push_back(static_cast<uint32_t>(n));
  }
  std::sort(deferred.begin(), deferred.end(), [&](uint32_t a, uint32_t b) {
    const RecipientState &ra = state.of(a), &rb = state.of(b);
    if (ra.deferral_sum != rb.deferral_sum) return ra.deferral_sum < rb.deferral_sum;
    return ra.deferral_at != rb.deferral_at ? ra.deferral_at < rb.deferral_at : a < b;
  });
  Buf text;
  uint64_t at = 0;
  for (uint32_t n : deferred) {
    Str fresh;
    if (uint64_t place = state.of(n).deferral_at; place != at) {
      StateRecord record = TRY(state.record_at(place));
      at = place;
      if (text.view() != record.text) fresh = text.set(record.text);
    }
    TRY(out.put({Kind::deferred, n, {}, fresh}));
  }
  return {};
}

static Kind kind_of(Order order) {
  return order == Order::hold ? Kind::hold : order == Order::expire ? Kind::expire : Kind::remove;
}

// One record when the order is the same for all that are open. But a deletion of all
// says more than one of each: that no bounce is sent.
static Result<> put_orders(StateWriter& out, MessageState& state, uint64_t recipients) {
  std::optional<Order> same;
  bool differ = false;
  for (uint64_t n = 0; n < recipients; ++n)
    if (state.of(n).fate == Fate::open) {
      if (same && *same != state.of(n).order) differ = true;
      same = state.of(n).order;
    }
  if (!same || (!differ && *same == Order::none)) return {};
  bool as_one = !differ && (*same != Order::remove || state.bounced());
  if (as_one) return out.put({kind_of(*same), StateRecord::every_recipient, {}, {}});
  for (uint64_t n = 0; n < recipients; ++n)
    if (state.of(n).fate == Fate::open && state.of(n).order != Order::none)
      TRY(out.put({kind_of(state.of(n).order), static_cast<uint32_t>(n), {}, {}}));
  return {};
}

Result<uint64_t> compact_state(int fd, int to, const Trailer& t) {
  MessageState state = TRY(MessageState::read(fd, t));
  StateWriter out(to, t);
  TRY(put_deferrals(out, state, t.recipients));  // first: what follows may settle them
  TRY(put_settled(out, state, t.recipients));
  TRY(put_orders(out, state, t.recipients));
  if (state.bounced()) TRY(out.put({Kind::bounced, 0, {}, {}}));
  TRY(out.flush());
  return out.written();
}
