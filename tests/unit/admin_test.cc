#include <algorithm>
#include "admin/first_controls.h"
#include "admin/layout.h"
#include "admin/search_list.h"

#include "check.h"

static void check_first(Str name, Str domain, Str plus) {
  auto all = first_controls(name);
  CHECK_EQ(all[0].file, "control/me");
  CHECK_EQ(all[0].value, name);
  CHECK_EQ(all[1].file, "control/defaultdomain");
  CHECK_EQ(all[1].value, domain);
  CHECK_EQ(all[2].file, "control/plusdomain");
  CHECK_EQ(all[2].value, plus);
}

static void test_first_controls() {
  check_first("x.y.example.org", "y.example.org", "example.org");
  check_first("indy2.nix.co.jj", "nix.co.jj", "co.jj");
  check_first("a.example.org", "example.org", "example.org");
  check_first("example.org", "example.org", "example.org");
  check_first("host", "host", "host");
  check_first("", "", "");
  check_first("a.b.", "b.", "b.");

  CHECK(can_be_host("A-z.0_9"));
  for (Str bad : {"", "a b", "a/b", "a\n", "a@b", "a:b", "a\\032b", "\xff", "--help", "-x", ".", ".a"})
    CHECK(!can_be_host(bad));
}

static void check_search(Str text, Str want) {
  Buf got;
  for (const Buf& domain : search_list(text)) got.add(domain, " "sv);
  CHECK_EQ(got, want);
}

static void test_search_list() {
  check_search("", "");
  check_search("nameserver 192.0.2.1\n", "");
  check_search("search a.example b.example\n", "a.example b.example ");
  check_search("search a.example\nsearch b.example\n", "b.example ");
  check_search("search a.example b.example\ndomain c.example d.example\n", "c.example ");
  check_search("  search\ta.example.  \t", "a.example ");
  check_search("search .\n", "");
  check_search("searching a.example\n# search a.example\n;search a.example\n", "");

  auto names = candidates("host", search_list("search a.example b.example"));
  CHECK(names.size() == 3);
  CHECK_EQ(names[0], "host.a.example");
  CHECK_EQ(names[1], "host.b.example");
  CHECK_EQ(names[2], "host");
  names = candidates("host.example", search_list("search a.example"));
  CHECK(names.size() == 1);
  CHECK_EQ(names[0], "host.example");
}

// Only qmail-queue is set-uid, whatever programs there are, and a directory
// stands before what is in it.
static void test_layout() {
  auto places = installed_places("build");
  CHECK(!places.empty() && places[0].path.empty());
  bool seen_queue = false;
  std::vector<Str> directories;
  for (const Place& p : places) {
    Str path = p.path;
    if (p.kind == Place::Kind::directory) {
      directories.push_back(path);
      CHECK(path == "alias" ? p.mode == 02755 : p.mode == 0755);
    } else {
      size_t slash = path.rfind('/');
      CHECK(slash != Str::npos &&
            std::find(directories.begin(), directories.end(), slice(path, 0, slash)) != directories.end());
      CHECK(!p.source.empty());
      CHECK(path == "bin/qmail-queue" || (p.mode & 06000) == 0);
      CHECK((p.mode & 022) == 0);
    }
    if (path != "bin/qmail-queue") continue;
    seen_queue = true;
    CHECK(p.mode == 04711 && p.owner == &Roles::qmailq);
    Place without = {p.kind, p.mode, p.owner, {}, {}};
    take_set_uid(without);
    CHECK(without.mode == 0711 && without.owner == &Roles::root);
    CHECK_EQ(p.source, "build/bin/qmail-queue");
  }
  CHECK(seen_queue);
}

int main() {
  test_first_controls();
  test_search_list();
  test_layout();
  return failures != 0;
}
