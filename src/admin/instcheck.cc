// instcheck -- compare an installation with what it should be: what there is,
// owners, groups, modes, and users/roles with the system's accounts.
//
// A warning on descriptor 2 for each difference, nothing where there is none.
// 0 whatever was found, 111 when there is nothing to compare.
#include "admin/layout.h"
#include "admin/system_roles.h"
#include "conf.h"
#include "lib/die.h"
#include "lib/nss.h"  // NSS must be able to load its modules
#include "lib/sys.h"
#include "mail/queue_layout.h"

const char program[] = "instcheck";

struct Expected {
  mode_t type;  // S_IFDIR, ...
  uid_t owner;
  gid_t group;
  mode_t mode;
};

// shown: what the file is called in warnings.
static void compare(const char* fn, Str shown, const Expected& want) {
  struct stat st;
  if (lstat(fn, &st) == -1) {
    if (errno == ENOENT) return warn({shown, " does not exist"});
    return warn({"unable to look at ", shown}, Err::last());
  }
  // A directory may be elsewhere, behind a symbolic link.
  if (S_ISLNK(st.st_mode) && want.type == S_IFDIR && stat(fn, &st) == -1) return warn({shown, " does not exist"});
  if ((st.st_mode & S_IFMT) != want.type) return warn({shown, " has wrong type"});
  if (st.st_uid != want.owner) warn({shown, " has wrong owner"});
  if (st.st_gid != want.group) warn({shown, " has wrong group"});
  if ((st.st_mode & 07777) != want.mode) warn({shown, " has wrong permissions"});
}

static void check_places(const Roles& roles) {
  Buf shown;
  bool without_set_uid = is_meant_without_set_uid(".");
  for (Place& p : installed_places({})) {
    if (p.mode & S_ISUID && without_set_uid) take_set_uid(p);
    bool is_directory = p.kind == Place::Kind::directory;
    if (is_directory)
      shown.set(Str(instance_root()), p.path.empty() ? ""sv : "/"sv, p.path);
    else
      shown.set(".../"sv, p.path);
    compare(p.path.empty() ? "." : p.path.c_str(), shown,
            {is_directory ? mode_t{S_IFDIR} : mode_t{S_IFREG}, roles.*p.owner, roles.qmail, p.mode});
  }
  shown.set(".../users/roles"sv);
  compare("users/roles", shown, {S_IFREG, roles.root, roles.qmail, 0644});
}

static mode_t type_of(QueuePlace::Kind kind) {
  switch (kind) {
    case QueuePlace::Kind::directory:
    case QueuePlace::Kind::split: return S_IFDIR;
    case QueuePlace::Kind::fifo: return S_IFIFO;
    default: return S_IFREG;
  }
}

static void check_queue(const Roles& roles) {
  Buf fn, shown;
  for (const QueuePlace& p : queue_layout) {
    Expected want = {type_of(p.kind), roles.*p.owner, roles.qmail, p.mode};
    compare(p.name, shown.set(Str(instance_root()), "/"sv, Str(p.name)), want);
    if (p.kind != QueuePlace::Kind::split) continue;
    for (uint64_t s = 0; s < CONF_SPLIT; ++s) {
      fn.set(Str(p.name), "/"sv, Num(s));
      compare(fn.c_str(), shown.set(Str(instance_root()), "/"sv, fn), want);
    }
  }
}

// Programs go by users/roles; the system may have been told otherwise since.
static void check_roles(const Roles& told, const Roles& system) {
  auto differs = [](Str role) { warn({"users/roles has another id for ", role, " than the system; run make setup"}); };
  for (const UserRole& r : user_roles)
    if (told.*r.id != system.*r.id) differs(r.role);
  for (const GroupRole& r : group_roles)
    if (told.*r.id != system.*r.id) differs(r.role);
}

int main(int argc, char**) {
  if (argc != 1) die_usage("instcheck");
  if (auto entered = enter_root(); !entered.ok())
    die_unable(temporary, {"switch to ", Str(instance_root())}, entered.error());
  Str missing;
  auto system = roles_of_system(missing);
  auto told = read_roles();
  if (!system) warn({"the system does not know ", missing, "; run qmail-mkusers"});
  if (!told.ok()) {
    warn({"unable to read users/roles; run make setup"}, told.error());
    if (!system) die(temporary, {"no owner is known"});
    told = *system;
  }
  Roles roles = told.take();
  if (system) check_roles(roles, *system);
  check_places(roles);
  check_queue(roles);
}
