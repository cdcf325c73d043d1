// qmail-install [ build ] -- install what was built into conf-qmail below
// $DESTDIR; the working directory is the source tree. Without build: give an
// installation that is there already, from a package say, what it lacks.
//
// Every file is put in its place in one step, so a running system can be
// upgraded. Root also sets owners, writes users/roles and makes the queue; an old
// qmail's queue becomes queue.old. Others only copy, into a $DESTDIR of theirs.
// 0 done, 100 there is something else in the place, 111 trouble.
#include "admin/layout.h"
#include "admin/old_queue.h"
#include "admin/system_roles.h"
#include "conf.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/nss.h"  // NSS must be able to load its modules
#include "lib/replace.h"

const char program[] = "qmail-install";

static Buf root;
static constexpr size_t largest_file = size_t{256} << 20;

// The parents of a directory are no business of ours: those that are there stay as they are.
static void make_parents() {
  Buf dir;
  for (size_t at = 1; at < root.size(); ++at) {
    if (root.view()[at] != '/') continue;
    dir.set(slice(root, 0, at));
    auto made = make_dir(dir.c_str(), 0755);
    if (!made.ok() && made.error().code != EEXIST) die_unable(temporary, {"mkdir ", dir}, made.error());
  }
}

static Owner owner_of(const Place& p, const Roles& roles) { return {roles.*p.owner, roles.qmail}; }

// No set-id bits for an owner who is not the right one.
static mode_t mode_of(const Place& p, const Roles* roles) { return roles ? p.mode : p.mode & 0777; }

static void settle(const char* fn, const Place& p, const Roles* roles) {
  if (roles) must(check(chown(fn, roles->*p.owner, roles->qmail)), {"chown ", Str(fn)});
  must(check(chmod(fn, mode_of(p, roles))), {"chmod ", Str(fn)});
}

static void install_directory(const char* fn, const Place& p, const Roles* roles) {
  auto made = make_dir(fn, 0755);
  if (!made.ok() && made.error().code != EEXIST) die_unable(temporary, {"mkdir ", Str(fn)}, made.error());
  struct stat st = must(stat_of(fn), {"stat ", Str(fn)});
  if (!S_ISDIR(st.st_mode)) die(permanent, {Str(fn), " is no directory"});
  settle(fn, p, roles);
}

static void install_file(const char* fn, const Place& p, const Roles* roles) {
  Buf content;
  Fd fd = must(open_read(p.source.c_str()), {"read ", p.source});
  must(read_all(fd.get(), content, largest_file), {"read ", p.source});
  Owner owner = roles ? owner_of(p, *roles) : Owner{};
  must(replace_file(fn, content, mode_of(p, roles), roles ? &owner : nullptr), {"write ", Str(fn)});
}

static void write_roles(const Roles& roles) {
  Buf text, fn;
  append_roles(text, roles);
  Owner owner = {roles.root, roles.qmail};
  must(replace_file(fn.set(root, "/users/roles"sv).c_str(), text, 0644, &owner), {"write ", fn});
}

static void put_old_queue_aside() {
  OldQueue found = must(find_old_queue(), {"look at queue"});
  if (found == OldQueue::none) return;
  if (found == OldQueue::busy)
    die(temporary, {"another qmail-send works on ", root, "/queue: end it, and run this again"});
  must(rename_new("queue", "queue.old"), {"rename queue to queue.old"});
  if (found == OldQueue::waits)
    warn({root, "/queue.old is the former queue and holds mail: run qmail-qimport to take it over"});
  else
    warn({root, "/queue.old is the former queue; it is empty and can be removed"});
}

static void make_queue(const char* mkqueue) {
  Buf home;
  home.set("QMAILHOME="sv, root);
  char* environment[] = {home.data(), nullptr};
  const char* argv[] = {"qmail-mkqueue", nullptr};
  pid_t pid = must(spawn({.file = mkqueue, .argv = argv, .environment = environment}), {"run qmail-mkqueue"});
  auto code = exit_code(must(wait_for(pid), {"wait for qmail-mkqueue"}));
  if (code != 0) die(code.value_or(temporary), {"qmail-mkqueue failed"});
}

static void warn_of_missing_readers() {
  for (const char* reader : {"/usr/bin/man", "/usr/local/bin/man", "/usr/bin/mandoc"})
    if (access(reader, X_OK) == 0) return;
  warn({"neither man nor mandoc is here to read the manual pages with"});
}

int main(int argc, char** argv) {
  if (argc > 2) die_usage("qmail-install [ build ]");
  const char* build = argv[1];
  Str destination = env("DESTDIR").value_or(Str());
  root.set(destination, Str(CONF_QMAIL));

  // Without owners it is half an installation: all right for a package.
  Str missing;
  std::optional<Roles> known = roles_of_system(missing);
  bool can_own = geteuid() == 0 && known;
  if (!can_own && destination.empty()) {
    if (!known) die(temporary, {"the system does not know ", missing, "; run qmail-mkusers"});
    die(temporary, {"only root can install; others with DESTDIR"});
  }
  const Roles* roles = can_own ? &*known : nullptr;

  umask(022);
  make_parents();
  Buf fn;
  bool without_set_uid = build && roles && is_meant_without_set_uid(root);
  for (Place& p : installed_places(build ? Str(build) : ""sv)) {
    if (p.mode & S_ISUID && without_set_uid) {
      take_set_uid(p);
      warn({root, "/bin/qmail-queue stays without set-uid: qmail-queued takes messages here"});
    }
    fn.set(root, p.path.empty() ? ""sv : "/"sv, p.path);
    if (p.kind == Place::Kind::directory)
      install_directory(fn.c_str(), p, roles);
    else if (build)
      install_file(fn.c_str(), p, roles);
    else
      settle(fn.c_str(), p, roles);
  }
  warn_of_missing_readers();
  if (!roles) {
    warn({"owners and the queue are left to qmail-install, run by root where this goes"});
    return 0;
  }

  write_roles(*roles);
  // The new program by its path: below DESTDIR it is not on PATH.
  Buf mkqueue;
  mkqueue.set(root, "/bin/qmail-mkqueue"sv);
  must(change_dir(root.c_str()), {"chdir to ", root});
  put_old_queue_aside();
  make_queue(mkqueue.c_str());
}
