// tcprules RULES.CDB RULES.TMP: compiles the rules on descriptor 0 for tcpserver.
// Writes RULES.TMP and renames it to RULES.CDB, so that tcpserver, which reads
// RULES.CDB for every connection, never sees half of it. A line that is no rule
// leaves RULES.CDB as it was.
// Exit: 0 done, 100 usage or bad line, 111 trouble with files.
#include "lib/cdb.h"
#include "lib/die.h"
#include "lib/io.h"
#include "tcp/rule_line.h"

const char program[] = "tcprules";

static char space[8192];

// Why compiling ended; code 0: it is done.
struct Outcome {
  int code = 0;
  Buf text{};
  Err err{0};
};

static Outcome bad_line(uint64_t number, Str why, Str line) {
  Outcome bad{permanent};
  bad.text.set("line ", Num(number), " (", why, "): unable to parse this line: ", line);
  return bad;
}
static Outcome unable(Str what, Err err) {
  Outcome failed{temporary, {}, err};
  failed.text.set("unable to ", what);
  return failed;
}

static Outcome add_rules(CdbMaker& db, Str tmp) {
  constexpr size_t longest = 65536;
  Reader in(0, space);
  Buf line, what;
  RuleLine rule;
  for (uint64_t number = 1;; ++number) {
    bool cut = false;
    auto more = in.get_until(line, '\n', longest, &cut);
    if (!more.ok()) return unable("read input", more.error());
    if (cut) return bad_line(number, "too long", slice(line, 0, 80));
    Str why;
    LineKind kind = parse_rule_line(line, rule, why);
    if (kind == LineKind::bad) return bad_line(number, why, line);
    if (kind == LineKind::no_colon) warn({"line ", Num(number), " is ignored, it has no colon: ", line});
    if (kind == LineKind::rule) {
      if (rule.keys.empty()) warn({"line ", Num(number), " is ignored, its range is empty: ", line});
      for (const Buf& key : rule.keys)
        if (auto r = db.add(key, rule.data); !r.ok()) return unable(what.set("write to ", tmp), r.error());
    }
    if (!more.take()) return {};
  }
}

static Outcome compile(const char* cdb, const char* tmp) {
  Buf what;
  auto made = CdbMaker::create(tmp);
  if (!made.ok()) return unable(what.set("create ", Str(tmp)), made.error());
  CdbMaker db = made.take();  // takes tmp away again if we return without publishing it
  if (Outcome outcome = add_rules(db, tmp); outcome.code) return outcome;
  if (auto r = db.write(); !r.ok()) return unable(what.set("write to ", Str(tmp)), r.error());
  if (auto r = db.publish(cdb); !r.ok()) return unable(what.set("move ", Str(tmp), " to ", Str(cdb)), r.error());
  return {};
}

int main(int argc, char** argv) {
  if (argc != 3) die_usage("tcprules rules.cdb rules.tmp");
  Outcome outcome = compile(argv[1], argv[2]);
  if (outcome.code) die(outcome.code, {outcome.text}, outcome.err);
}
