#include "queue/export_stage.h"

#include <algorithm>

#include "lib/directory.h"
#include "lib/io.h"
#include "mail/queue_files.h"
#include "queue/foreign_layout.h"
#include "queue/staged_files.h"

// What is linked into place before info makes a message of it.
static constexpr Str linked_parts[] = {"mess", "local", "remote", "bounce"};
static constexpr int most_tries = 1000;  // to get a number that is free

static void set_staged_name(Buf& name, uint64_t id, Str part) { name.set("export/"sv, Num(id), "."sv, part); }

Result<ExportStage> ExportStage::open(const char* dir, std::optional<uint64_t> split, const Roles& roles) {
  auto made = make_dir(dir, 0700);
  if (!made.ok() && made.error().code != EEXIST) return made.error();
  TRY(change_dir(dir));
  if (stat_of("format").ok()) return Err{EPROTO};  // one of ours
  Fd lock;
  auto mutex = open_write("lock/sendmutex");
  if (mutex.ok()) {
    lock = mutex.take();
    TRY(lock_exclusive(lock.get(), Lock::try_now));
  }
  uint64_t found = TRY(make_foreign_layout(split, roles));
  if (!lock.is_open()) {
    lock = TRY(open_write("lock/sendmutex"));
    TRY(lock_exclusive(lock.get(), Lock::try_now));
  }
  ExportStage stage(found, roles, std::move(lock), TRY(TransferJournal::open("export")));
  TRY(stage.recover());
  return stage;
}

Result<> ExportStage::recover() {
  std::vector<TransferEntry> wanted;
  std::vector<uint64_t> ids;
  Directory dir = TRY(Directory::open("export"));
  Buf name;
  while (auto file = TRY(dir.next())) {
    Str part = *file;
    auto id = scan_id(take_until(part, '.'));
    if (file->starts_with("spare.")) TRY(remove_file(name.set("export/"sv, *file).c_str()));
    if (!id) continue;
    const TransferEntry* entry = part == "info" ? journal_.find_number(*id) : nullptr;
    if (entry) wanted.push_back(*entry);
    ids.push_back(*id);
  }
  TRY(put_in_place(wanted));
  // What is left is in place already, or never will be.
  for (uint64_t id : ids)
    for (Str part : {"info", "local", "remote", "bounce", "mess"}) {
      set_staged_name(name, id, part);
      TRY(remove_if_there(name.c_str()));
    }
  return {};
}

void ExportStage::set_place(Buf& name, Str part, uint64_t number) const {
  name.set(part, "/"sv);
  if (part != "bounce") name.add(Num(number % split_), "/"sv);
  name.append_number(number);
}

// Not so where a queue was copied from elsewhere, and its files kept their names.
Result<bool> ExportStage::is_free(uint64_t number) const {
  Buf name;
  for (Str part : {"mess", "info"}) {
    set_place(name, part, number);
    if (TRY(name_exists(name.c_str()))) return false;
  }
  return !TRY(name_exists(name.set("todo/"sv, Num(number)).c_str()));
}

Result<> ExportStage::write_part(uint64_t id, Str part, Str content, int64_t time) const {
  Buf name;
  set_staged_name(name, id, part);
  Fd fd = TRY(open_exclusive(name.c_str(), 0600));
  if (geteuid() == 0) TRY(check(fchown(fd.get(), roles_.qmails, roles_.qmail)));
  TRY(write_all(fd.get(), content));
  timespec times[2] = {{time, 0}, {time, 0}};
  TRY(check(futimens(fd.get(), times)));
  return sync_file(fd.get());
}

// Returns its number.
Result<uint64_t> ExportStage::write_body(uint64_t id, const Message& m) const {
  Buf name, spare;
  set_staged_name(name, id, "mess");
  Fd fd = TRY(open_exclusive(name.c_str(), 0644));
  uint64_t number = TRY(stat_of(fd.get())).st_ino;
  int spares = 0;
  for (; !TRY(is_free(number)); ++spares) {
    if (spares == most_tries) return Err{EEXIST};
    spare.set("export/spare."sv, Num(static_cast<uint64_t>(spares)));
    TRY(rename_over(name.c_str(), spare.c_str()));
    fd = TRY(open_exclusive(name.c_str(), 0644));
    number = TRY(stat_of(fd.get())).st_ino;
  }
  while (spares > 0) TRY(remove_file(spare.set("export/spare."sv, Num(static_cast<uint64_t>(--spares))).c_str()));

  if (geteuid() == 0) TRY(check(fchown(fd.get(), roles_.qmailq, roles_.qmail)));
  TRY(check(fchmod(fd.get(), 0644)));
  static char space[65536];
  uint64_t at = 0;
  while (size_t n = TRY(m.read_body(at, space))) {
    TRY(write_all(fd.get(), Str(space, n)));
    at += n;
  }
  TRY(sync_file(fd.get()));
  return number;
}

Result<> ExportStage::add(const TransferKey& key, const Message& body, const ExportedMessage& m) {
  uint64_t id = key.number;
  uint64_t number = TRY(write_body(id, body));
  if (!m.local.empty()) TRY(write_part(id, "local", m.local, m.due));
  if (!m.remote.empty()) TRY(write_part(id, "remote", m.remote, m.due));
  if (!m.bounce.empty()) TRY(write_part(id, "bounce", m.bounce, m.birth));
  TRY(write_part(id, "info", m.info, m.birth));
  batch_.push_back({key, number});
  return {};
}

Result<> ExportStage::publish() {
  if (batch_.empty()) return {};
  TRY(sync_directory("export"));
  TRY(journal_.record(batch_));
  auto batch = std::exchange(batch_, {});
  return put_in_place(batch);
}

Result<> ExportStage::sync_part(Str part, const std::vector<TransferEntry>& entries) const {
  Buf name;
  if (part == "bounce") return sync_directory("bounce");
  std::vector<bool> wanted(split_);
  for (const TransferEntry& e : entries) wanted[e.target % split_] = true;
  for (uint64_t s = 0; s < split_; ++s)
    if (wanted[s]) TRY(sync_directory(name.set(part, "/"sv, Num(s)).c_str()));
  return {};
}

Result<> ExportStage::put_in_place(const std::vector<TransferEntry>& entries) const {
  if (entries.empty()) return {};
  Buf from, to;
  for (const TransferEntry& e : entries)
    for (Str part : linked_parts) {
      set_staged_name(from, e.key.number, part);
      set_place(to, part, e.target);
      if (part == "mess")
        TRY(link_new(from.c_str(), to.c_str()));
      else if (TRY(name_exists(from.c_str())))
        TRY(link_over(from.c_str(), to.c_str()));
      else
        TRY(remove_if_there(to.c_str()));  // left of a message that bore the number before
    }
  for (Str part : linked_parts) TRY(sync_part(part, entries));
  for (const TransferEntry& e : entries) {
    set_staged_name(from, e.key.number, "info");
    set_place(to, "info", e.target);
    TRY(move_into_place(from.c_str(), to.c_str()));
  }
  TRY(sync_part("info", entries));
  TRY(sync_directory("export"));
  for (const TransferEntry& e : entries)
    for (Str part : linked_parts) {
      set_staged_name(from, e.key.number, part);
      TRY(remove_if_there(from.c_str()));
    }
  return {};
}
