// qmail-pw2u [ -/ohHuUC ] [ -cchar ] -- make users/assign from accounts: lines as in
// /etc/passwd on descriptor 0, assignments on descriptor 1. Obeys include, exclude,
// mailnames, subusers and append in users/. Exits 100 for an option there is not, 111 for
// any other trouble.
#include <algorithm>

#include "admin/accounts.h"
#include "conf.h"
#include "lib/die.h"
#include "lib/io.h"
#include "lib/options.h"
#include "mail/control.h"
#include "mail/instance.h"

const char program[] = "qmail-pw2u";

static constexpr size_t largest_file = 64 << 20, longest_line = 65536;
static constexpr const char* users[] = CONF_USERS;

static char in_space[65536], out_space[65536];
static constinit Reader in(0, in_space);
static constinit Writer out(1, out_space);

enum class Home : uint8_t {
  skip_missing,  // and those that are somebody else's
  need,          // a missing one is an error
  trust,
};
static Home home_rule = Home::skip_missing;
static bool takes_capitals = false;
static Str dash = "-";
static char break_character = CONF_BREAK;  // 0: there are no extensions

static void print(std::initializer_list<Str> parts) {
  if (!out.put(parts).ok()) die(temporary, {"unable to write output"});
}

static std::optional<Buf> read_text(const char* fn) {
  auto opened = open_read(fn);
  if (!opened.ok() && opened.error().code == ENOENT) return {};
  Buf text;
  if (!opened.ok() || !read_all(opened.take().get(), text, largest_file).ok())
    die(temporary, {"unable to read controls"});
  return text;
}

static std::optional<Lines> read_lines(const char* fn) {
  auto text = read_text(fn);
  return text ? std::optional<Lines>(std::in_place, std::move(*text)) : std::nullopt;
}

namespace {
// Entries by their first field, byte for byte.
class Names {
 public:
  explicit Names(const char* fn) : lines_(read_lines(fn)) {
    if (lines_) sorted_ = lines_->entries();
    std::sort(sorted_.begin(), sorted_.end(), [](Str a, Str b) {
      int d = key(a).compare(key(b));
      return d ? d < 0 : a.data() < b.data();  // the first one counts
    });
  }
  bool exist() const { return lines_.has_value(); }

  // What stands behind the first colon.
  std::optional<Str> find(Str name) const {
    auto at = std::lower_bound(sorted_.begin(), sorted_.end(), name, [](Str a, Str b) { return key(a) < b; });
    if (at == sorted_.end() || key(*at) != name) return {};
    Str rest = *at;
    take_until(rest, ':');
    return rest;
  }

 private:
  static Str key(Str entry) { return take_until(entry, ':'); }
  std::optional<Lines> lines_;
  std::vector<Str> sorted_;
};
}  // namespace

static bool has_capital(Str name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c != lower(c); });
}

static bool has_good_home(const Account& a) {
  if (home_rule == Home::trust) return true;
  Buf home;
  home.set(a.home);
  auto status = stat_of(home.c_str());
  if (!status.ok()) {
    if (home_rule == Home::skip_missing && !is_temporary(status.error())) return false;
    die_unable(temporary, {"stat ", a.home}, status.error());
  }
  return status.take().st_uid == scan_u64(a.uid);
}

// One exact line, and one for extensions.
static void print_lines(Str local, const Account& a, Str exact_dash, Str exact_ext, Str ext) {
  print({"=", local, ":", a.name, ":", a.uid, ":", a.gid, ":", a.home, ":", exact_dash, ":", exact_ext, ":\n"});
  if (!break_character) return;
  Str hyphen(&break_character, 1);
  print({"+", local, hyphen, ":", a.name, ":", a.uid, ":", a.gid, ":", a.home, ":", dash, ":", ext, ":\n"});
}

static void print_account(const Account& a, const Names& mail_names) {
  auto names = mail_names.find(a.name);
  if (!names) return print_lines(a.name, a, "", "", "");
  for (Str rest = *names; !rest.empty();) {
    Str name = take_until(rest, ':');
    if (!name.empty()) print_lines(name, a, "", "", "");
  }
}

// An account that gets mail; owns its text.
struct Kept {
  Buf line;
  Str name;
};

static std::vector<Kept> print_accounts() {
  Names include("users/include"), exclude("users/exclude"), mail_names("users/mailnames");
  std::vector<Kept> kept;
  Str alias_name = users[0];
  bool found_alias = false;
  Buf line;
  for (bool cut = false;; cut = false) {
    auto read = in.get_until(line, '\n', longest_line, &cut);
    if (!read.ok()) die(temporary, {"unable to read input"});
    bool whole = read.take();
    auto a = cut ? std::nullopt : parse_passwd(line);
    bool wanted = a && scan_u64(a->uid) != 0 && (!include.exist() || include.find(a->name)) && !exclude.find(a->name) &&
                  (takes_capitals || !has_capital(a->name)) && has_good_home(*a);
    if (wanted) {
      if (a->name == alias_name) {
        found_alias = true;
        print({"+:", a->name, ":", a->uid, ":", a->gid, ":", a->home, ":", dash, "::\n"});
      }
      print_account(*a, mail_names);
      kept.emplace_back();
      kept.back().line.set(line.view());
      kept.back().name = slice(kept.back().line, 0, a->name.size());
    }
    if (!whole) break;
  }
  if (!found_alias) die(temporary, {"unable to find ", alias_name, " user"});
  return kept;
}

static void print_subusers(std::vector<Kept> kept) {
  auto lines = read_lines("users/subusers");
  if (!lines) return;
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.name < b.name; });
  for (Str entry : lines->entries()) {
    auto s = parse_subuser(entry);
    if (!s) continue;
    auto at = std::lower_bound(kept.begin(), kept.end(), s->user, [](const Kept& a, Str b) { return a.name < b; });
    if (at == kept.end() || at->name != s->user) die(temporary, {"unable to find ", s->user, " user for subuser"});
    Buf ext;
    ext.set(s->pre, "-"sv);
    print_lines(s->sub, *parse_passwd(at->line), dash, s->pre, ext);
  }
}

int main(int argc, char** argv) {
  Options options(argc, argv, "/ohHuUCc:");
  while (char letter = options.next()) {
    switch (letter) {
      case '/': dash = "-/"; break;
      case 'o': home_rule = Home::skip_missing; break;
      case 'h': home_rule = Home::need; break;
      case 'H': home_rule = Home::trust; break;
      case 'u': takes_capitals = true; break;
      case 'U': takes_capitals = false; break;
      case 'C': break_character = 0; break;
      case 'c': break_character = options.value()[0]; break;
      default: die_usage("qmail-pw2u [ -/ohHuUC ] [ -cchar ]");
    }
  }
  if (!enter_root().ok()) die(temporary, {"unable to chdir"});

  print_subusers(print_accounts());
  if (auto append = read_text("users/append"))
    print({*append, append->empty() || append->view().ends_with('\n') ? "" : "\n"});
  print({".\n"});
  if (!out.flush().ok()) die(temporary, {"unable to write output"});
}
