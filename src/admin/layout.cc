#include "admin/layout.h"

#include "installed.h"
#include "lib/sys.h"

// Programs that are not root's with 0755.
struct Special {
  Str program;
  uid_t Roles::*owner;
  mode_t mode;
};
static constexpr Special specials[] = {
    {"qmail-queue", &Roles::qmailq, 04711},
    // Root's own: of no use to others.
    {"qmail-install", &Roles::root, 0700},
    {"qmail-lspawn", &Roles::root, 0700},
    {"qmail-mkqueue", &Roles::root, 0700},
    {"qmail-newmrh", &Roles::root, 0700},
    {"qmail-qexport", &Roles::root, 0700},
    {"qmail-qimport", &Roles::root, 0700},
    {"qmail-qlint", &Roles::root, 0700},
    {"qmail-newu", &Roles::root, 0700},
    {"qmail-start", &Roles::root, 0700},
    {"qmail-mkusers", &Roles::root, 0700},
    // Run by other programs, under the ids of several users: never read or copied.
    // (qmail-rspawn reads qmail-remote: src/lib/jail.h, is_made_for.)
    {"qmail-bounce", &Roles::root, 0711},
    {"qmail-clean", &Roles::root, 0711},
    {"qmail-compact", &Roles::root, 0711},
    {"qmail-getpw", &Roles::root, 0711},
    {"qmail-local", &Roles::root, 0711},
    {"qmail-popup", &Roles::root, 0711},
    {"qmail-pw2u", &Roles::root, 0711},
    {"qmail-rspawn", &Roles::root, 0711},
    {"qmail-send", &Roles::root, 0711},
    {"splogger", &Roles::root, 0711},
};

static constexpr Str programs[] = INSTALLED_PROGRAMS;
static constexpr Str boot_scripts[] = INSTALLED_BOOT;
static constexpr Str pages[] = INSTALLED_PAGES;
static constexpr Str documents[] = INSTALLED_DOCUMENTS;
static constexpr Str samples[] = INSTALLED_SAMPLES;

static Str last_part(Str path) {
  size_t slash = path.rfind('/');
  return slash == Str::npos ? path : slice(path, slash + 1);
}

static Place& add(std::vector<Place>& places, Place::Kind kind, std::initializer_list<Str> path) {
  places.push_back({kind, kind == Place::Kind::directory ? 0755u : 0644u, &Roles::root, {}, {}});
  for (Str part : path) places.back().path.append(part);
  return places.back();
}

static void add_program(std::vector<Place>& places, Str build, Str name) {
  Place& p = add(places, Place::Kind::file, {"bin/", name});
  p.source.set(build, "/bin/"sv, name);
  p.mode = 0755;
  for (const Special& s : specials)
    if (s.program == name) {
      p.owner = s.owner;
      p.mode = s.mode;
    }
}

static void add_directory(std::vector<Place>& places, Str path) {
  for (const Place& p : places)
    if (p.path.view() == path) return;
  add(places, Place::Kind::directory, {path});
}

// boot/home and the like, boot/systemd/NAME.service, boot/run/SERVICE/log/run, with the directories above them.
static void add_boot_file(std::vector<Place>& places, Str build, Str name) {
  Buf path;
  path.set("boot/"sv, name);
  for (size_t at = path.view().find('/'); at != Str::npos; at = path.view().find('/', at + 1))
    add_directory(places, slice(path, 0, at));
  Place& p = add(places, Place::Kind::file, {path});
  p.source.set(build, "/boot/"sv, name);
  p.mode = name.ends_with(".service") ? 0644 : 0755;
}

std::vector<Place> installed_places(Str build) {
  std::vector<Place> places;
  for (Str dir : {"", "alias", "bin", "boot", "control", "doc", "doc/control.sample", "man", "man/man1", "man/man5",
                  "man/man7", "man/man8", "run", "users"}) {
    Place& p = add(places, Place::Kind::directory, {dir});
    if (dir == "alias") {
      p.owner = &Roles::alias;
      p.mode = 02755;
    }
    if (dir == "run") p.owner = &Roles::qmailq;
  }
  for (Str name : programs) add_program(places, build, name);
  for (Str name : boot_scripts) add_boot_file(places, build, name);
  for (Str source : pages) {
    Str page = last_part(source);
    add(places, Place::Kind::file, {"man/man", slice(page, page.size() - 1), "/", page}).source.set(source);
  }
  for (Str source : documents) add(places, Place::Kind::file, {"doc/", last_part(source)}).source.set(source);
  for (Str source : samples)
    add(places, Place::Kind::file, {"doc/control.sample/", last_part(source)}).source.set(source);
  return places;
}

bool is_meant_without_set_uid(Str root) {
  Buf fn;
  auto queue = stat_of(fn.set(root, "/bin/qmail-queue"sv).c_str());
  auto lock = stat_of(fn.set(root, "/run/lock"sv).c_str());
  return queue.ok() && !(queue.take().st_mode & S_ISUID) && lock.ok();
}

// A file of qmailq's that everybody runs would be worth an attack on qmailq.
void take_set_uid(Place& p) {
  p.owner = &Roles::root;
  p.mode &= ~mode_t{S_ISUID};
}
