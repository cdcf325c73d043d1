#include "send/job.h"

#include <sys/time.h>

#include "lib/io.h"
#include "mail/queue_files.h"

static constexpr size_t bytes_a_turn = 65536;

Result<Job*> Job::open(Known& k) {
  Buf name;
  set_message_name(name, k.id);
  Message m = TRY(Message::open(name.c_str(), k.id));
  // Not yet checked: no more memory for them than an envelope of that size can have.
  const Trailer& t = m.trailer();
  if (t.recipients > UINT32_MAX || t.recipients > t.envelope_size / 2) return Err{EBADMSG};
  return new Job(k, std::move(m));
}

bool Job::is_busy() const { return passes_[0].open || passes_[1].open || sweep_.open; }

Result<bool> Job::load(const Router& router) {
  if (stage_ == Stage::envelope) TRY(load_envelope(router));
  if (stage_ == Stage::state) TRY(load_state());
  if (is_loaded()) recall();
  return is_loaded();
}

// What could not be written down when it happened: perhaps it can be now.
void Job::recall() {
  std::erase_if(known_.unrecorded, [&](uint32_t recipient) {
    settle(recipient);
    return record_done(recipient).ok();
  });
}

Result<> Job::load_envelope(const Router& router) {
  char space[4096];
  EnvelopeWalk walk(message_, space, cursor_);
  uint64_t stop = cursor_.offset + bytes_a_turn;
  Route route;
  while (walk.cursor().offset < stop) {
    auto record = TRY(walk.next());
    if (!record) {
      if (walk.cursor().recipients != message_.trailer().recipients || sender_.empty()) return Err{EBADMSG};
      sender_.drop_front(1);
      unsettled_ = message_.trailer().recipients;
      TRY(open_state());
      return {};
    }
    if (record->kind == 'F') {
      sender_.set("F"sv, record->address);  // with its letter, so that an empty one is told from none
    } else {
      router.route(record->address, route);
      present_[static_cast<int>(route.channel)] = true;
    }
  }
  cursor_ = walk.cursor();
  return {};
}

// A file without this message's header is another's, left behind: it is emptied.
Result<> Job::open_state() {
  stage_ = Stage::loaded;
  Buf name;
  set_state_name(name, id());
  int fd = ::open(name.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (fd == -1 && errno == ENOENT) return {};
  if (fd == -1) return Err::last();
  state_ = Fd(fd);
  known_.has_state = true;
  if (!TRY(reader_.open(fd, message_.trailer()))) return check(ftruncate(fd, 0));
  had_state_ = true;
  stage_ = Stage::state;
  return {};
}

Result<> Job::load_state() {
  uint64_t stop = reader_.good_size() + bytes_a_turn;
  while (reader_.good_size() < stop) {
    auto r = TRY(reader_.next());
    if (!r) {
      stage_ = Stage::loaded;
      auto good = static_cast<off_t>(std::exchange(reader_, {}).good_size());
      struct stat st = TRY(stat_of(state_.get()));
      if (st.st_size == good) return {};  // and its mtime, the next try, stays
      return check(ftruncate(state_.get(), good));
    }
    if (auto order = order_of(r->kind)) {
      if (r->number == StateRecord::every_recipient) {
        give_order(*order);
        if (*order == Order::remove) bounced_ = true;
      } else if (r->number < message_.trailer().recipients) {
        give_order(r->number, *order);
      }
      continue;
    }
    if (r->kind == StateRecord::Kind::bounced) bounced_ = true;
    if (r->kind == StateRecord::Kind::deferred && !r->text.empty()) last_deferral_.set(r->text);
    bool settles = r->kind == StateRecord::Kind::done || r->kind == StateRecord::Kind::failed ||
                   r->kind == StateRecord::Kind::removed;
    if (!settles || r->number >= message_.trailer().recipients) continue;
    if (r->kind == StateRecord::Kind::failed) failed_ = true;
    settle(r->number);
  }
  return {};
}

void Job::settle(uint32_t recipient) {
  if (bits_.get(recipient, RecipientBits::settled)) return;
  on_hold_ -= bits_.order(recipient) == Order::hold;
  endings_ -= bits_.order(recipient) >= Order::expire;
  bits_.set(recipient, RecipientBits::settled);
  --unsettled_;
}

void Job::give_order(uint32_t recipient, Order order) {
  Order before = bits_.order(recipient);
  if (bits_.get(recipient, RecipientBits::settled) || !may_follow(before, order)) return;
  on_hold_ += order == Order::hold;
  on_hold_ -= before == Order::hold;
  bits_.set_order(recipient, order);
  endings_ += order >= Order::expire && before < Order::expire;
}

void Job::give_order(Order order) {
  for (uint32_t n = 0; n < message_.trailer().recipients; ++n) give_order(n, order);
}

// One write: a record is there whole or, by its checksum, not at all. After a
// write that came short, the file is cut back, so that later records are read.
Result<> Job::append(Str records) {
  if (unreadable_) return Err{EIO};
  Buf bytes;
  if (!state_.is_open()) {
    Buf name;
    set_state_name(name, id());
    int fd = ::open(name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd == -1) return Err::last();
    state_ = Fd(fd);
  }
  struct stat st = TRY(stat_of(state_.get()));
  if (st.st_size == 0) append_state_header(bytes, message_.trailer());
  bytes.append(records);
  known_.has_state = true;
  auto written = write_all(state_.get(), bytes);
  if (!written.ok() && ftruncate(state_.get(), st.st_size) == -1) unreadable_ = true;
  return written;
}

Result<> Job::append(const StateRecord& record) {
  Buf bytes;
  append_state_record(bytes, message_.trailer(), record);
  return append(bytes);
}

Result<> Job::record_order(StateRecord::Kind kind, std::span<const uint32_t> recipients) {
  Order order = *order_of(kind);
  Buf bytes;
  auto counts = [&](uint32_t n) { return n < message_.trailer().recipients && !bits_.get(n, RecipientBits::settled); };
  for (uint32_t n : recipients)
    if (counts(n)) append_state_record(bytes, message_.trailer(), {kind, n, {}, {}});
  if (recipients.empty()) append_state_record(bytes, message_.trailer(), {kind, StateRecord::every_recipient, {}, {}});
  if (!bytes.empty()) TRY(append(bytes));
  if (recipients.empty()) {
    give_order(order);
    if (order == Order::remove) bounced_ = true;
  }
  for (uint32_t n : recipients)
    if (counts(n)) give_order(n, order);
  return {};
}

Result<> Job::record_done(uint32_t recipient) { return append({StateRecord::Kind::done, recipient, {}, {}}); }

Result<> Job::record_removed(uint32_t recipient) { return append({StateRecord::Kind::removed, recipient, {}, {}}); }

Result<> Job::record_failed(uint32_t recipient, Str address, Str text) {
  TRY(append({StateRecord::Kind::failed, recipient, address, text}));
  failed_ = true;
  return {};
}

Result<> Job::record_deferred(uint32_t recipient, Str text) {
  text = slice(text, 0, longest_state_text);
  bool same = last_deferral_.view() == text;
  TRY(append({StateRecord::Kind::deferred, recipient, {}, same ? Str() : text}));
  last_deferral_.set(text);
  return {};
}

Result<> Job::record_bounced() {
  bounced_ = true;
  return append({StateRecord::Kind::bounced, 0, {}, {}});
}

void Job::note_due(int64_t due) {
  if (!state_.is_open()) return;
  timespec times[2] = {{0, UTIME_OMIT}, {due, 0}};
  futimens(state_.get(), times);
}
