// checkpassword-mkcdb users.cdb users.tmp -- users for checkpassword-cdb.
//
// Reads lines `user:hash:uid:gid:home[:shell]` on descriptor 0, writes users.tmp
// and renames it to users.cdb, which keeps its owner and mode; a new one is the
// caller's alone to read. A line that is none leaves users.cdb as it was.
// Exit: 0 done, 100 usage or bad line, 111 trouble with files.
#include <algorithm>
#include <vector>

#include "lib/cdb.h"
#include "lib/die.h"
#include "lib/io.h"
#include "pop/virtual_user.h"

const char program[] = "checkpassword-mkcdb";

static char space[8192];

namespace {
// Why it ended; code 0: it is done.
struct Outcome {
  int code = 0;
  Buf text{};
  Err err{0};
};

struct Seen {
  Buf name;
  uint64_t line;
};
}  // namespace

static Outcome bad_line(uint64_t number, Str why, Str user) {
  Outcome bad{permanent};
  bad.text.set("line ", Num(number), ": ", why);
  if (!user.empty()) bad.text.add(": ", user);
  return bad;
}
static Outcome unable(Str what, Err err) {
  Outcome failed{temporary, {}, err};
  failed.text.set("unable to ", what);
  return failed;
}

// The second of two lines for one user would never count.
static Outcome check_twice(std::vector<Seen>& seen) {
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) {
    int order = a.name.view().compare(b.name.view());
    return order ? order < 0 : a.line < b.line;
  });
  for (size_t i = 1; i < seen.size(); ++i)
    if (seen[i].name.view() == seen[i - 1].name.view())
      return bad_line(seen[i].line, "this user has a line already", seen[i].name);
  return {};
}

// No error quotes a line: it holds a hash, or what somebody took for one.
static Outcome add_users(CdbMaker& db, Str tmp) {
  constexpr size_t longest = 4096;
  Reader in(0, space);
  Buf line, data, what;
  std::vector<Seen> seen;
  for (uint64_t number = 1;; ++number) {
    bool cut = false;
    auto more = in.get_until(line, '\n', longest, &cut);
    if (!more.ok()) return unable("read input", more.error());
    if (cut) return bad_line(number, "too long", {});
    Str text = trim_right(line);
    if (!text.empty() && text[0] != '#') {
      VirtualUser user{};
      if (Str why = parse_user_line(text, user); !why.empty()) return bad_line(number, why, {});
      data.clear();
      append_user_record(data, user);
      auto added = seen.empty() ? db.add("", user.hash) : Result<>();
      if (added.ok()) added = db.add(user.name, data);
      if (!added.ok()) return unable(what.set("write to ", tmp), added.error());
      seen.push_back({std::move(user.name), number});
    }
    if (!more.take()) break;
  }
  if (seen.empty()) return {permanent, std::move(what.set("there are no users"sv))};
  return check_twice(seen);
}

// Who may read the old file may read the new one.
static Result<> keep_access(const char* old, const char* fresh) {
  auto found = stat_of(old);
  if (!found.ok() && found.error().code == ENOENT) return {};
  auto st = TRY(found);
  TRY(check(chown(fresh, st.st_uid, st.st_gid)));
  return check(chmod(fresh, st.st_mode & 0777));
}

static Outcome compile(const char* cdb, const char* tmp) {
  Buf what;
  unlink(tmp);  // a leftover that others can read must not get the hashes
  auto made = CdbMaker::create(tmp, 0600);
  if (!made.ok()) return unable(what.set("create ", Str(tmp)), made.error());
  CdbMaker db = made.take();  // takes tmp away again if we return without publishing it
  if (Outcome outcome = add_users(db, tmp); outcome.code) return outcome;
  if (auto r = db.write(); !r.ok()) return unable(what.set("write to ", Str(tmp)), r.error());
  if (auto r = keep_access(cdb, tmp); !r.ok())
    return unable(what.set("give ", Str(tmp), " the owner of ", Str(cdb)), r.error());
  if (auto r = db.publish(cdb); !r.ok()) return unable(what.set("move ", Str(tmp), " to ", Str(cdb)), r.error());
  return {};
}

int main(int argc, char** argv) {
  if (argc != 3) die_usage("checkpassword-mkcdb users.cdb users.tmp");
  Outcome outcome = compile(argv[1], argv[2]);
  if (outcome.code) die(outcome.code, {outcome.text}, outcome.err);
}
