#include "local/mbox.h"

#include "mail/mbox_file.h"

static constexpr unsigned lock_seconds = 30;

// The mbox is open for appending alone, and what cannot be read lacks nothing.
static Str gap_in(const char* path, const struct stat& st) {
  auto opened = open_read(path);
  if (!opened.ok()) return ""sv;
  Fd fd = opened.take();
  auto now = stat_of(fd.get());
  if (!now.ok()) return ""sv;
  struct stat same = now.take();
  return same.st_dev == st.st_dev && same.st_ino == st.st_ino ? gap_before_next(fd.get(), st.st_size) : ""sv;
}

static Buf failed(Str what, Str path, Err err, Str code) {
  Buf text;
  text.add("Unable to "sv, what, " "sv, path, ": "sv, error_text(err), ". "sv, code);
  return text;
}

static Buf directory_of(const char* path) {
  Buf dir;
  size_t slash = Str(path).rfind('/');
  return std::move(dir.set(slash == Str::npos ? "."sv : slice(path, 0, slash + 1)));
}

// The name of file. A directory that others may only make files in, but not read, is
// synced with all of its file system.
static Result<> sync_name(const Buf& directory, int file) {
  auto synced = sync_directory(directory.c_str());
  if (!synced.ok() && synced.error().code == EACCES) return check(syncfs(file));
  return synced;
}

// Big enough that most messages go out in one write, which a crash cannot halve.
static char in_space[65536], out_space[131072];

static Result<> write_message(Writer& out, int message, const TraceLines& trace, Err& read_error) {
  Reader in(message, in_space);
  TRY(out.put({trace.from, trace.return_path, trace.delivered_to}));
  FromQuoter quoter(out);
  for (;;) {
    auto piece = in.peek();
    if (!piece.ok()) return read_error = piece.error();
    Str text = piece.take();
    if (text.empty()) break;
    TRY(quoter.put(text));
    in.skip(text.size());
  }
  TRY(quoter.finish());
  return out.flush();
}

Buf deliver_to_mbox(const char* path, int message, const TraceLines& trace) {
  constexpr Str cannot_open = "(#4.2.1)", trouble = "(#4.3.0)";
  auto opened = open_mbox(path, lock_seconds);
  Buf text, directory = directory_of(path);  // memory may end before the delivery, not after
  if (!opened.ok() && opened.error().code == ETIMEDOUT)
    return std::move(text.set("File has been locked for 30 seconds straight. (#4.3.0)"sv));
  if (!opened.ok()) return failed("open", path, opened.error(), cannot_open);
  OpenMbox box = opened.take();
  const Fd& fd = box.fd;
  const struct stat& before = box.status;
  bool is_file = S_ISREG(before.st_mode);

  Writer out(fd.get(), out_space);
  Err read_error{0};
  Result<> r;
  if (is_file && before.st_size > 0) r = out.put(gap_in(path, before));
  if (r.ok()) r = write_message(out, message, trace, read_error);
  if (r.ok() && is_file) r = sync_file(fd.get());
  // Empty: just made, or made by a delivery that may not have got this far. The
  // name of a new file is on the disk only when its directory is.
  if (r.ok() && is_file && before.st_size == 0) r = sync_name(directory, fd.get());
  if (r.ok()) return text;

  if (box.is_locked && is_file && ftruncate(fd.get(), before.st_size) == -1) {
  }  // part of the message stays: there is nothing better to do
  if (read_error.code)
    return std::move(text.set("Unable to read message: "sv, error_text(read_error), ". "sv, trouble));
  return failed("write", path, r.error(), trouble);
}
