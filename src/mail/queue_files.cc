#include "mail/queue_files.h"

#include "lib/directory.h"
#include "lib/sys.h"

static void set_name(Buf& name, Str kind, uint64_t id) { name.set(kind, "/", Num(split_of(id)), "/", Num(id)); }
void set_message_name(Buf& name, uint64_t id) { set_name(name, "mess", id); }
void set_state_name(Buf& name, uint64_t id) { set_name(name, "state", id); }

std::optional<uint64_t> scan_id(Str s) {
  if (slice(s, 0, 1) == "0") return {};
  return scan_u64(s);
}

static Result<> list(Str kind, uint64_t split, std::vector<uint64_t>& ids) {
  Buf name;
  name.set(kind, "/", Num(split));
  Directory dir = TRY(Directory::open(name.c_str()));
  while (auto file = TRY(dir.next()))
    if (auto id = scan_id(*file); id && split_of(*id) == split) ids.push_back(*id);
  return {};
}
Result<> list_messages(uint64_t split, std::vector<uint64_t>& ids) { return list("mess", split, ids); }
Result<> list_states(uint64_t split, std::vector<uint64_t>& ids) { return list("state", split, ids); }

#define TEXT_OF(x) #x
#define NUMBER(x) TEXT_OF(x)
Str queue_format() { return "qmail++ queue 1\nsplit " NUMBER(CONF_SPLIT) "\n"; }

Result<> check_queue_format() {
  Fd fd = TRY(open_read("format"));
  Buf text;
  TRY(read_all(fd.get(), text, 4096));
  if (text.view() != queue_format()) return Err{EPROTO};
  return {};
}
