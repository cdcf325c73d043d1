#include "queue/import_stage.h"

#include <algorithm>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/directory.h"
#include "lib/io.h"
#include "lib/time.h"
#include "mail/queue_files.h"
#include "queue/staged_files.h"

static constexpr Str state_ending = ".state";

static void set_staged_name(Buf& name, uint64_t id, Str ending = {}) { name.set("import/"sv, Num(id), ending); }

Result<> ImportStage::settle(int fd, uid_t owner, mode_t mode) const {
  if (geteuid() == 0) TRY(check(fchown(fd, owner, roles_.qmail)));
  return check(fchmod(fd, mode));
}

Result<ImportStage> ImportStage::open(const Roles& roles) {
  auto made = make_dir("import", 0700);
  if (!made.ok() && made.error().code != EEXIST) return made.error();
  TRY(sync_directory("."));
  ImportStage stage(roles, TRY(TransferJournal::open("import")));
  TRY(stage.recover());
  return stage;
}

Result<> ImportStage::recover() {
  std::vector<uint64_t> messages, states, wanted;
  Directory dir = TRY(Directory::open("import"));
  while (auto file = TRY(dir.next())) {
    if (auto id = scan_id(*file)) messages.push_back(*id);
    if (!file->ends_with(state_ending)) continue;
    if (auto id = scan_id(slice(*file, 0, file->size() - state_ending.size()))) states.push_back(*id);
  }
  Buf name;
  for (uint64_t id : messages) {
    if (journal_.has_target(id)) {
      wanted.push_back(id);
      continue;
    }
    set_staged_name(name, id);
    TRY(remove_file(name.c_str()));
  }
  // Of a message that is in place already, or never will be.
  for (uint64_t id : states) {
    if (std::find(wanted.begin(), wanted.end(), id) != wanted.end()) continue;
    set_staged_name(name, id, state_ending);
    TRY(remove_file(name.c_str()));
  }
  return put_in_place(wanted);
}

// From the time of birth, so that the queue lists oldest first. No qmail-queue
// takes a number of the past.
Result<uint64_t> ImportStage::choose_id(int64_t birth, uint64_t number) const {
  int64_t second = std::clamp<int64_t>(birth, 1, now_seconds() - 1);
  Buf name;
  for (uint64_t id = static_cast<uint64_t>(second) * 1000000 + number % 1000000;; ++id) {
    bool taken = false;
    for (Str dir : {"tmp", "import", "bad"}) taken = taken || TRY(name_exists(name.set(dir, "/"sv, Num(id)).c_str()));
    set_message_name(name, id);
    if (!taken && !TRY(name_exists(name.c_str()))) return id;
  }
}

// Only where there is something to be kept: most messages have none.
Result<> ImportStage::write_state(const Trailer& t, const ForeignMessage& from, const ImportedMessage& m) {
  if (m.marks.empty() && from.due <= now_seconds()) return {};
  Buf bytes;
  append_state_header(bytes, t);
  for (const ImportedMessage::Mark& mark : m.marks) {
    auto kind = mark.failed ? StateRecord::Kind::failed : StateRecord::Kind::done;
    append_state_record(bytes, t, {kind, mark.number, mark.address, mark.text});
  }
  Buf name;
  set_staged_name(name, t.id, state_ending);
  Fd fd = TRY(open_exclusive(name.c_str(), 0600));
  TRY(settle(fd.get(), roles_.qmails, 0600));
  TRY(write_all(fd.get(), bytes));
  timespec times[2] = {{0, UTIME_OMIT}, {from.due, 0}};
  TRY(check(futimens(fd.get(), times)));
  return sync_file(fd.get());
}

Result<> ImportStage::add(const TransferKey& key, const ForeignMessage& from, const ImportedMessage& m) {
  Trailer t;
  t.id = TRY(choose_id(from.birth, key.number));
  t.arrival = from.birth;
  t.uid = m.uid;
  t.pid = m.pid;
  t.envelope_size = m.envelope.size();
  t.recipients = m.recipients;
  Buf name;
  set_staged_name(name, t.id);
  Fd fd = TRY(open_exclusive(name.c_str(), 0644));
  TRY(settle(fd.get(), roles_.qmailq, 0644));

  char space[65536];
  for (;;) {
    ssize_t n = pread(from.body.get(), space, sizeof space, static_cast<off_t>(t.body_size));
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) return Err::last();
    if (n == 0) break;
    Str bytes(space, static_cast<size_t>(n));
    t.body_checksum = crc32c(t.body_checksum, bytes);
    t.body_size += bytes.size();
    TRY(write_all(fd.get(), bytes));
  }
  if (t.body_size != key.size || t.body_checksum != key.checksum) return Err{EBUSY};  // it changes: who writes it?
  Buf trailer;
  append_trailer(trailer, t, crc32c(0, m.envelope));
  TRY(write_all(fd.get(), m.envelope));
  TRY(write_all(fd.get(), trailer));
  TRY(sync_file(fd.get()));

  t.envelope_checksum = read_le<uint32_t>(slice(trailer, trailer.size() - 4));
  TRY(write_state(t, from, m));
  batch_.push_back({key, t.id});
  return {};
}

Result<> ImportStage::publish() {
  if (batch_.empty()) return {};
  TRY(sync_directory("import"));
  TRY(journal_.record(batch_));
  std::vector<uint64_t> ids;
  for (const TransferEntry& e : batch_) ids.push_back(e.target);
  batch_.clear();
  return put_in_place(ids);
}

static Result<> sync_splits(Str kind, const std::vector<uint64_t>& ids) {
  bool wanted[CONF_SPLIT] = {};
  for (uint64_t id : ids) wanted[split_of(id)] = true;
  Buf name;
  for (uint64_t s = 0; s < CONF_SPLIT; ++s)
    if (wanted[s]) TRY(sync_directory(name.set(kind, "/"sv, Num(s)).c_str()));
  return {};
}

// The state stands in its place before the message does: no message is ever there
// without its marks. It keeps its name in import/ until then, as a qmail-send that
// is started between two runs removes states without a message.
Result<> ImportStage::put_in_place(const std::vector<uint64_t>& ids) {
  Buf from, to;
  for (uint64_t id : ids) {
    set_staged_name(from, id, state_ending);
    set_state_name(to, id);
    if (TRY(name_exists(from.c_str())))
      TRY(link_over(from.c_str(), to.c_str()));
    else
      TRY(remove_if_there(to.c_str()));  // it could only be another's
  }
  TRY(sync_splits("state", ids));
  for (uint64_t id : ids) {
    set_staged_name(from, id);
    set_message_name(to, id);
    TRY(move_into_place(from.c_str(), to.c_str()));
  }
  TRY(sync_splits("mess", ids));
  TRY(sync_directory("import"));
  for (uint64_t id : ids) {
    set_staged_name(from, id, state_ending);
    TRY(remove_if_there(from.c_str()));
  }
  return {};
}
