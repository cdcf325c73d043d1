// A message of the queue with all that its files tell, for qmail-qctl.
#pragma once
#include "mail/message_state.h"
#include "mail/route.h"
#include "queue/choice.h"

struct QueueEntry {
  Message message;
  Buf sender;
  MessageState state;
  Fd state_file;                       // if there is one
  std::optional<int64_t> state_mtime;  // the next try, when no qmail-send knows better

  uint64_t id() const { return message.trailer().id; }

  // In queue/. ENOENT: there is no such message; EBADMSG: it is damaged.
  static Result<QueueEntry> open(uint64_t id);
};

// What is seen of one recipient.
struct RecipientView {
  uint32_t number;
  const RecipientState& state;
  const Route& route;
  bool on_hold() const { return state.fate == RecipientState::Fate::open && state.order == Order::hold; }
  bool is_open() const { return state.fate == RecipientState::Fate::open && state.order <= Order::hold; }
};

// Calls visit(RecipientView) -> Result<> for each recipient in order.
template <class Visit>
Result<> each_recipient(const QueueEntry& e, const Router& router, Visit visit) {
  char space[4096];
  EnvelopeWalk walk(e.message, space);
  Route route;
  while (auto record = TRY(walk.next())) {
    if (record->kind != 'T') continue;
    router.route(record->address, route);
    auto number = static_cast<uint32_t>(walk.cursor().recipients - 1);
    TRY(visit(RecipientView{number, e.state.of(number), route}));
  }
  return {};
}
