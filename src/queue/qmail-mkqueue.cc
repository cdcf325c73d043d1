// qmail-mkqueue -- make the queue of an instance, or complete and mend one.
//
// Makes what is missing below queue/, and gives everything its owner and mode:
// as root those of users/roles, else the caller's own. Messages are not touched.
// 0 done, 100 there is something else in the place, 111 temporary trouble.
#include "lib/die.h"
#include "lib/io.h"
#include "lib/sys.h"
#include "mail/instance.h"
#include "mail/queue_files.h"
#include "mail/queue_layout.h"

const char program[] = "qmail-mkqueue";

static constexpr Str readme =
    "This is the queue of qmail++. Its files are no mailbox and no plain text:\n"
    "to see what waits use qmail-qread and qmail-qstat, to change it qmail-qctl,\n"
    "which works while qmail-send runs. doc/internals.md explains every file.\n";

static bool as_root;

static void settle(const char* fn, Identity owner, mode_t mode) {
  if (as_root) must(check(chown(fn, owner.uid, owner.gid)), {"chown queue/", Str(fn)});
  must(check(chmod(fn, mode)), {"chmod queue/", Str(fn)});
}

static void directory(const char* fn, Identity owner, mode_t mode) {
  auto made = make_dir(fn, 0700);
  if (!made.ok() && made.error().code != EEXIST) die_unable(temporary, {"mkdir queue/", Str(fn)}, made.error());
  struct stat st = must(stat_of(fn), {"stat queue/", Str(fn)});
  if (!S_ISDIR(st.st_mode)) die(permanent, {"queue/", Str(fn), " is no directory"});
  settle(fn, owner, mode);
}

static void split_directory(Str parent, Identity owner, mode_t mode) {
  Buf fn;
  fn.set(parent);
  directory(fn.c_str(), owner, mode);
  for (uint64_t s = 0; s < CONF_SPLIT; ++s) directory(fn.set(parent, "/"sv, Num(s)).c_str(), owner, mode);
}

static void empty_file(const char* fn, Identity owner, mode_t mode) {
  must(open_append(fn, 0600), {"create queue/", Str(fn)});
  settle(fn, owner, mode);
}

// A file whose whole content is text, put in place in one step.
static void text_file(const char* fn, Str text, Identity owner, mode_t mode) {
  Buf tmp;
  tmp.set(Str(fn), ".new"sv);
  Fd fd = must(open_truncate(tmp.c_str(), 0600), {"create queue/", tmp});
  must(write_all(fd.get(), text), {"write queue/", tmp});
  settle(tmp.c_str(), owner, mode);
  must(sync_file(fd.get()), {"sync queue/", tmp});
  must(rename_over(tmp.c_str(), fn), {"rename queue/", tmp});
}

static void fifo(const char* fn, Identity owner, mode_t mode) {
  if (mkfifo(fn, 0600) == -1 && errno != EEXIST) die_unable(temporary, {"mkfifo queue/", Str(fn)}, Err::last());
  struct stat st = must(stat_of(fn), {"stat queue/", Str(fn)});
  if (!S_ISFIFO(st.st_mode)) die(permanent, {"queue/", Str(fn), " is no FIFO"});
  settle(fn, owner, mode);
}

static void make(const QueuePlace& place, const char* fn, Identity owner) {
  switch (place.kind) {
    case QueuePlace::Kind::directory: return directory(fn, owner, place.mode);
    case QueuePlace::Kind::split: return split_directory(fn, owner, place.mode);
    case QueuePlace::Kind::file: return empty_file(fn, owner, place.mode);
    case QueuePlace::Kind::fifo: return fifo(fn, owner, place.mode);
    case QueuePlace::Kind::text: return text_file(fn, fn == "format"sv ? queue_format() : readme, owner, place.mode);
  }
}

int main(int argc, char**) {
  if (argc != 1) die_usage("qmail-mkqueue");
  umask(077);
  must(enter_root(), {"chdir to ", Str(instance_root())});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  as_root = geteuid() == 0;

  // The first place is the queue itself; the names of the others begin with it.
  for (const QueuePlace& place : queue_layout) {
    Identity owner = {roles.*place.owner, roles.qmail};
    if (&place != queue_layout) {
      make(place, place.name + "queue/"sv.size(), owner);
      continue;
    }
    auto made = make_dir(place.name, 0700);
    if (!made.ok() && made.error().code != EEXIST) die_unable(temporary, {"mkdir queue"}, made.error());
    must(change_dir(place.name), {"chdir to queue"}, permanent);
    directory(".", owner, place.mode);
    // A queue of another version or split must not be mixed with this one.
    auto format = check_queue_format();
    if (!format.ok() && format.error().code != ENOENT) die_unable(permanent, {"use queue/format"}, format.error());
  }
  must(sync_directory("."), {"sync queue"});
}
