#include "queue/export_message.h"

#include "mail/failure.h"
#include "mail/message_state.h"

using Fate = RecipientState::Fate;

static Result<> append_bounce(Buf& bounce, MessageState& state, const RecipientState& r) {
  Buf address, reason;
  StateRecord failure = TRY(state.record_at(r.failure_at));
  address.set(failure.address);
  TRY(state.append_reason(reason, r));
  append_failure(bounce, address, reason);
  return {};
}

Result<Exportable> export_message(const Message& m, int fd, const Router& router, ExportedMessage& out) {
  MessageState state = TRY(MessageState::read(fd, m.trailer()));
  out.birth = out.due = m.trailer().arrival;
  if (fd != -1) out.due = TRY(stat_of(fd)).st_mtime;

  char space[4096];
  EnvelopeWalk walk(m, space);
  Route route;
  bool is_open = false;
  while (auto record = TRY(walk.next())) {
    if (record->kind == 'F') {
      out.info.add("F"sv, record->address, "\0"sv);
      continue;
    }
    const RecipientState& r = state.of(walk.cursor().recipients - 1);
    if (r.fate == Fate::open && r.order != Order::none) return Exportable::ordered;
    router.route(record->address, route);
    Buf& file = route.channel == Channel::local ? out.local : out.remote;
    file.add(r.fate == Fate::open ? "T"sv : "D"sv, route.address, "\0"sv);
    is_open = is_open || r.fate == Fate::open;
    if (r.fate == Fate::failed && !state.bounced()) TRY(append_bounce(out.bounce, state, r));
  }
  return is_open || !out.bounce.empty() ? Exportable::yes : Exportable::finished;
}
