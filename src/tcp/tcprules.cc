// tcprules RULES.CDB RULES.TMP: compiles the rules on descriptor 0 for tcpserver.
// Writes RULES.TMP and renames it to RULES.CDB, so that tcpserver, which reads
// RULES.CDB for every connection, never sees half of it. A line that is no rule
// leaves RULES.CDB as it was.
// Exit: 0 done, 100 usage or bad line, 111 trouble with files.
#include "lib/cdb.h"
#include "lib/io.h"
#include "lib/outcome.h"
#include "tcp/rule_line.h"

const char program[] = "tcprules";

static char space[8192];

static Outcome bad_line(uint64_t number, Str why, Str line) {
  return refused(permanent, {"line ", Num(number), " (", why, "): unable to parse this line: ", line});
}

static Outcome add_rules(CdbMaker& db, Str tmp) {
  constexpr size_t longest = 65536;
  Reader in(0, space);
  Buf line;
  RuleLine rule;
  for (uint64_t number = 1;; ++number) {
    bool cut = false;
    bool more = TRY_TO(in.get_until(line, '\n', longest, &cut), {"read input"});
    if (cut) return bad_line(number, "too long", slice(line, 0, 80));
    Str why;
    LineKind kind = parse_rule_line(line, rule, why);
    if (kind == LineKind::bad) return bad_line(number, why, line);
    if (kind == LineKind::no_colon) warn({"line ", Num(number), " is ignored, it has no colon: ", line});
    if (kind == LineKind::rule) {
      if (rule.keys.empty()) warn({"line ", Num(number), " is ignored, its range is empty: ", line});
      for (const Buf& key : rule.keys) TRY_TO(db.add(key, rule.data), {"write to ", tmp});
    }
    if (!more) return {};
  }
}

static Outcome compile(const char* cdb, const char* tmp) {
  CdbMaker db = TRY_TO(CdbMaker::create(tmp), {"create ", tmp});  // takes tmp away if we return without publishing it
  if (Outcome outcome = add_rules(db, tmp); outcome.code) return outcome;
  TRY_TO(db.write(), {"write to ", tmp});
  TRY_TO(db.publish(cdb), {"move ", tmp, " to ", cdb});
  return {};
}

int main(int argc, char** argv) {
  if (argc != 3) die_usage("tcprules rules.cdb rules.tmp");
  die_unless_made(compile(argv[1], argv[2]));
}
