// maildir2mbox -- move the messages of the maildir $MAILDIR to the end of the mbox
// $MAIL. The new mbox is made as $MAILTMP, on the same file system, and renamed over
// the old one, which is locked meanwhile as deliveries lock it: after a crash a
// message may be in both places, but is never in none. Prints nothing.
// Exit: 0 done or nothing to do, 111 trouble; the mbox is then as it was.
#include "lib/die.h"
#include "lib/env.h"
#include "lib/time.h"
#include "mail/field.h"
#include "mail/maildir_tmp.h"
#include "mail/mbox_file.h"
#include "maildir/scan.h"

const char program[] = "maildir2mbox";

static constexpr unsigned lock_seconds = 30;
static constexpr size_t largest_header = 1 << 20;
static char in_space[65536], out_space[65536];

static const char* needed(const char* name) {
  const char* value = getenv(name);
  if (!value) die(temporary, {name, " not set"});
  return value;
}

// The address of Return-Path as it stands there, without its brackets. XXX:
// there is no such field.
static Buf sender_of(int fd) {
  Reader in(fd, in_space);
  HeaderReader header(in, largest_header);
  Buf field, sender;
  for (;;) {
    auto more = header.next(field);
    if (!more.ok() || !more.take()) break;
    if (field_of(field) != Field::return_path) continue;
    Str value = trim_left(body_of(field));
    if (value.ends_with('\n')) value.remove_suffix(1);
    value = trim_right(value);
    if (value.starts_with('<') && value.ends_with('>')) value = slice(value, 1, value.size() - 2);
    return std::move(sender.set(value));
  }
  return std::move(sender.set("XXX"sv));
}

// Reads a message or the old mbox, writes through put; dies with what when it cannot be read.
template <class Put>
static void copy(int fd, std::initializer_list<Str> what, Put put) {
  Reader in(fd, in_space);
  for (;;) {
    Str piece = must(in.peek(), what);
    if (piece.empty()) return;
    must(put(piece), {"write to $MAILTMP"});
    in.skip(piece.size());
  }
}

static void append_message(Writer& out, const MaildirFile& file) {
  Fd fd = must(open_read(file.name.c_str()), {"read $MAILDIR/", file.name});
  Buf from_line;
  append_from_line(from_line, sender_of(fd.get()), file.seconds);
  must(out.put(from_line), {"write to $MAILTMP"});
  must(check(lseek(fd.get(), 0, SEEK_SET) == -1 ? -1 : 0), {"read $MAILDIR/", file.name});
  FromQuoter quoter(out);
  copy(fd.get(), {"read $MAILDIR/", file.name}, [&](Str s) { return quoter.put(s); });
  must(quoter.finish(), {"write to $MAILTMP"});
}

static Buf directory_of(Str path) {
  Buf dir;
  size_t slash = path.rfind('/');
  return std::move(dir.set(slash == Str::npos ? "."sv : slice(path, 0, slash + 1)));
}

int main(int argc, char**) {
  if (argc != 1) die_usage("maildir2mbox");
  umask(077);
  const char* mbox = needed("MAIL");
  const char* tmp = needed("MAILTMP");
  must(change_dir(needed("MAILDIR")), {"chdir to $MAILDIR"});

  // What was written in this very second may have company of the same age still to come.
  int64_t now = now_seconds();
  sweep_maildir_tmp(now);
  std::vector<MaildirFile> files;
  for (Str folder : {"new"sv, "cur"sv}) must(scan_maildir(files, folder, now), {"scan $MAILDIR/", folder});
  if (files.empty()) return 0;
  sort_oldest_first(files);

  OpenMbox old = must(open_mbox(mbox, lock_seconds), {"lock $MAIL"});
  if (!S_ISREG(old.status.st_mode)) die_unable(temporary, {"lock $MAIL"}, Err{EINVAL});
  Fd old_text = must(open_read(mbox), {"read $MAIL"});
  Fd fd = must(open_truncate(tmp, 0600), {"create $MAILTMP"});
  must(check(fchmod(fd.get(), old.status.st_mode & 0777)), {"create $MAILTMP"});

  Writer out(fd.get(), out_space);
  copy(old_text.get(), {"read $MAIL"}, [&](Str s) { return out.put(s); });
  must(out.put(gap_before_next(old_text.get(), old.status.st_size)), {"write to $MAILTMP"});
  for (const MaildirFile& file : files) append_message(out, file);

  // The mbox is on the disk, and has its name, before any message goes.
  must(out.flush(), {"write to $MAILTMP"});
  must(sync_file(fd.get()), {"write to $MAILTMP"});
  must(rename_over(tmp, mbox), {"move $MAILTMP to $MAIL"});
  must(sync_directory(directory_of(mbox).c_str()), {"move $MAILTMP to $MAIL"});
  for (const MaildirFile& file : files)
    if (auto removed = remove_file(file.name.c_str()); !removed.ok())
      warn({"$MAILDIR/", file.name, " will be delivered twice; unable to unlink"}, removed.error());
}
