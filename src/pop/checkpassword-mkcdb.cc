// checkpassword-mkcdb users.cdb users.tmp -- users for checkpassword-cdb.
//
// Reads lines `user:hash:uid:gid:home[:shell]` on descriptor 0, writes users.tmp
// and renames it to users.cdb, which keeps its owner and mode; a new one is the
// caller's alone to read. A line that is none leaves users.cdb as it was.
// Exit: 0 done, 100 usage or bad line, 111 trouble with files.
#include <algorithm>
#include <vector>

#include "lib/cdb.h"
#include "lib/io.h"
#include "lib/outcome.h"
#include "pop/virtual_user.h"

const char program[] = "checkpassword-mkcdb";

static char space[8192];

namespace {
struct Seen {
  Buf name;
  uint64_t line;
};
}  // namespace

static Outcome bad_line(uint64_t number, Str why, Str user) {
  return refused(permanent, {"line ", Num(number), ": ", why, user.empty() ? "" : ": ", user});
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
  Buf line, data;
  std::vector<Seen> seen;
  for (uint64_t number = 1;; ++number) {
    bool cut = false;
    bool more = TRY_TO(in.get_until(line, '\n', longest, &cut), {"read input"});
    if (cut) return bad_line(number, "too long", {});
    Str text = trim_right(line);
    if (!text.empty() && text[0] != '#') {
      VirtualUser user{};
      if (Str why = parse_user_line(text, user); !why.empty()) return bad_line(number, why, {});
      data.clear();
      append_user_record(data, user);
      if (seen.empty()) TRY_TO(db.add("", user.hash), {"write to ", tmp});
      TRY_TO(db.add(user.name, data), {"write to ", tmp});
      seen.push_back({std::move(user.name), number});
    }
    if (!more) break;
  }
  if (seen.empty()) return refused(permanent, {"there are no users"});
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
  unlink(tmp);  // a leftover that others can read must not get the hashes
  CdbMaker db =
      TRY_TO(CdbMaker::create(tmp, 0600), {"create ", tmp});  // takes it away again on return, unless published
  if (Outcome outcome = add_users(db, tmp); outcome.code) return outcome;
  TRY_TO(db.write(), {"write to ", tmp});
  TRY_TO(keep_access(cdb, tmp), {"give ", tmp, " the owner of ", cdb});
  TRY_TO(db.publish(cdb), {"move ", tmp, " to ", cdb});
  return {};
}

int main(int argc, char** argv) {
  if (argc != 3) die_usage("checkpassword-mkcdb users.cdb users.tmp");
  die_unless_made(compile(argv[1], argv[2]));
}
