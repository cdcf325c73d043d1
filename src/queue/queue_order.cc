#include "queue/queue_order.h"

#include <sys/time.h>

#include "lib/io.h"
#include "lib/time.h"
#include "mail/queue_files.h"

using Command = Choice::Command;

// Of what lies on hold there is something to release, and of the rest to hold.
static bool concerns(Command command, const RecipientView& r) {
  if (!r.is_open()) return false;
  if (command == Command::hold) return !r.on_hold();
  if (command == Command::release) return r.on_hold();
  if (command == Command::retry) return !r.on_hold();
  return true;
}

Result<Chosen> choose_recipients(const Choice& choice, const QueueEntry& e, const Router& router) {
  Chosen chosen;
  chosen.all = !choice.chooses_recipients();
  TRY(each_recipient(e, router, [&](const RecipientView& r) -> Result<> {
    if (!concerns(choice.command, r)) return {};
    if (!chosen.all) {
      if (!matches_recipient(choice, r.route.plain(), r.on_hold())) return {};
      chosen.numbers.push_back(r.number);
    }
    ++chosen.count;
    return {};
  }));
  return chosen;
}

// A request holds some thousand numbers: long lists go in pieces.
Result<bool> order_through(ControlClient& client, Command command, uint64_t id, const Chosen& chosen, Buf& why) {
  constexpr size_t numbers_at_once = 5000;
  Buf request;
  size_t at = 0;
  do {
    request.set(name_of(command), " "sv, Num(id));
    bool with_numbers = !chosen.all && command != Command::retry;
    size_t end = with_numbers ? std::min(at + numbers_at_once, chosen.numbers.size()) : 0;
    for (; at < end; ++at) request.add(" "sv, Num(chosen.numbers[at]));
    if (!TRY(client.ask(request, why))) return false;
    if (!with_numbers) return true;
  } while (at < chosen.numbers.size());
  return true;
}

static StateRecord::Kind record_of(Command command) {
  switch (command) {
    case Command::hold: return StateRecord::Kind::hold;
    case Command::release: return StateRecord::Kind::release;
    case Command::expire: return StateRecord::Kind::expire;
    default: return StateRecord::Kind::remove;
  }
}

// The mtime is the next try: now, for all that is to happen soon.
static Result<> make_due(int fd) {
  timespec times[2] = {{0, UTIME_OMIT}, {now_seconds(), 0}};
  return check(futimens(fd, times));
}

Result<> order_in_file(Command command, const QueueEntry& e, const Chosen& chosen) {
  if (command == Command::retry && !e.state_mtime) return {};  // it is due
  const Trailer& t = e.message.trailer();
  Fd fd = TRY(open_state_alone(t));
  Buf records, directory;
  if (command != Command::retry) {
    auto kind = record_of(command);
    if (chosen.all) append_state_record(records, t, {kind, StateRecord::every_recipient, {}, {}});
    for (uint32_t n : chosen.numbers) append_state_record(records, t, {kind, n, {}, {}});
    TRY(write_all(fd.get(), records));
  }
  if (command != Command::hold) TRY(make_due(fd.get()));
  TRY(sync_file(fd.get()));
  if (e.state_mtime) return {};
  directory.set("state/"sv, Num(split_of(t.id)));
  return sync_directory(directory.c_str());
}
