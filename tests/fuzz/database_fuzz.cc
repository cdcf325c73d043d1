// Files that fastforward and its kin read: a forwarding database, as any cdb, and a binary list.
#include "forward/expansion.h"
#include "forward/list.h"
#include "forward/records.h"
#include "fuzz.h"

extern const char program[];
const char program[] = "database_fuzz";

void fuzz(Str input) {
  for (Str rest = input; !rest.empty();) {
    auto entry = take_entry(rest);
    if (!entry) break;
    hold(!entry->empty());
  }

  RecordWalk walk(input);
  for (;;) {
    auto next = walk.next();
    if (!next.ok() || !next.take()) break;
  }

  Buf name;
  name.set("/proc/self/fd/"sv, Num(static_cast<uint64_t>(memory_file(input))));
  auto opened = Cdb::open(name.c_str());
  if (!opened.ok()) return;
  Cdb db = opened.take();
  for (Str key : {"", "a", ":a@b"}) (void)db.find(key);
  Expansion expansion(db, "db");
  (void)expansion.expand("a@b", Expansion::Owner::counts);
}
