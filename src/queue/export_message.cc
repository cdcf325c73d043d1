#include "queue/export_message.h"

#include "mail/failure.h"
#include "mail/message_state.h"

namespace {
struct Marks {
  explicit Marks(uint64_t recipients) : settled(static_cast<size_t>(recipients)) {}
  std::vector<bool> settled;
  uint64_t open = 0;
  bool bounced = false;
};
}  // namespace

static Result<> read_marks(const Message& m, int fd, Marks& marks, Buf& bounce) {
  StateReader reader;
  if (fd == -1 || !TRY(reader.open(fd, m.trailer()))) return {};
  while (auto r = TRY(reader.next())) {
    using Kind = StateRecord::Kind;
    switch (r->kind) {
      case Kind::failed: append_failure(bounce, r->address, r->text); [[fallthrough]];
      case Kind::done:
      case Kind::removed:
        if (r->number < marks.settled.size()) marks.settled[r->number] = true;
        break;
      case Kind::bounced: marks.bounced = true; break;
      default: break;
    }
  }
  return {};
}

// An order that is not carried out yet, or a hold.
static bool has_orders(const MessageState& state, uint64_t recipients) {
  for (uint64_t n = 0; n < recipients; ++n)
    if (state.of(n).fate == RecipientState::Fate::open && state.of(n).order != Order::none) return true;
  return false;
}

Result<Exportable> export_message(const Message& m, int state, const Router& router, ExportedMessage& out) {
  Marks marks(m.trailer().recipients);
  TRY(read_marks(m, state, marks, out.bounce));
  out.birth = out.due = m.trailer().arrival;
  if (state != -1) out.due = TRY(stat_of(state)).st_mtime;

  char space[4096];
  EnvelopeWalk walk(m, space);
  Route route;
  uint64_t open = 0;
  while (auto record = TRY(walk.next())) {
    if (record->kind == 'F') {
      out.info.add("F"sv, record->address, "\0"sv);
      continue;
    }
    router.route(record->address, route);
    Buf& file = route.channel == Channel::local ? out.local : out.remote;
    bool settled = marks.settled[static_cast<size_t>(walk.cursor().recipients - 1)];
    file.add(settled ? "D"sv : "T"sv, route.address, "\0"sv);
    open += !settled;
  }
  if (has_orders(TRY(MessageState::read(state, m.trailer())), m.trailer().recipients)) return Exportable::ordered;
  bool over = open == 0 && (marks.bounced || out.bounce.empty());
  return over ? Exportable::finished : Exportable::yes;
}
