#include "local/mbox.h"

#include <signal.h>
#include <sys/file.h>

#include "lib/sys.h"

static constexpr Str from_line = "From ";

Result<> FromQuoter::release() {
  for (; quotes_ > 0; --quotes_) TRY(out_.put(">"));
  at_start_ = false;
  return out_.put(slice(from_line, 0, std::exchange(matched_, 0)));
}

Result<> FromQuoter::put(Str piece) {
  while (!piece.empty()) {
    if (at_start_) {
      char c = piece[0];
      if (c == '>' && matched_ == 0) {
        ++quotes_;
        piece = slice(piece, 1);
        continue;
      }
      if (c == from_line[matched_]) {
        ++matched_;
        piece = slice(piece, 1);
        if (matched_ < from_line.size()) continue;
        TRY(out_.put(">"));
      }
      TRY(release());
      continue;
    }
    size_t end = piece.find('\n');
    size_t n = end == Str::npos ? piece.size() : end + 1;
    TRY(out_.put(slice(piece, 0, n)));
    piece = slice(piece, n);
    at_start_ = end != Str::npos;
  }
  return {};
}

Result<> FromQuoter::finish() {
  bool begun = quotes_ > 0 || matched_ > 0;
  if (begun || !at_start_) {
    TRY(release());
    TRY(out_.put("\n"));
  }
  at_start_ = true;
  return out_.put("\n");
}

static constexpr unsigned lock_seconds = 30;

static void wake_up(int) {}

// ETIMEDOUT: somebody else has had the lock all the time.
static Result<> lock_in_time(int fd) {
  struct sigaction action {};
  action.sa_handler = wake_up;  // without SA_RESTART: ends the wait
  sigaction(SIGALRM, &action, nullptr);
  alarm(lock_seconds);
  auto r = check(flock(fd, LOCK_EX));
  alarm(0);
  if (!r.ok() && r.error().code == EINTR) return Err{ETIMEDOUT};
  return r;
}

// Does the file end inside a line, as after a crash in the middle of a delivery?
// Unknown counts as no.
static bool ends_inside_line(const char* path, const struct stat& st) {
  auto opened = open_read(path);
  if (!opened.ok()) return false;
  Fd fd = opened.take();
  auto now = stat_of(fd.get());
  if (!now.ok()) return false;
  struct stat same = now.take();
  char last;
  return same.st_dev == st.st_dev && same.st_ino == st.st_ino && pread(fd.get(), &last, 1, st.st_size - 1) == 1 &&
         last != '\n';
}

static Buf failed(Str what, Str path, Err err, Str code) {
  Buf text;
  text.add("Unable to "sv, what, " "sv, path, ": "sv, error_text(err), ". "sv, code);
  return text;
}

// The name of a new file is on the disk only when its directory is.
static Result<> sync_directory_of(const char* path) {
  Buf dir;
  size_t slash = Str(path).rfind('/');
  dir.set(slash == Str::npos ? "."sv : slice(path, 0, slash + 1));
  return sync_directory(dir.c_str());
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
  auto opened = open_append(path, 0600);
  if (!opened.ok()) return failed("open", path, opened.error(), cannot_open);
  Fd fd = opened.take();

  auto lock = lock_in_time(fd.get());
  Buf text;
  if (!lock.ok() && lock.error().code == ETIMEDOUT)
    return std::move(text.set("File has been locked for 30 seconds straight. (#4.3.0)"sv));
  auto status = stat_of(fd.get());
  if (!status.ok()) return failed("open", path, status.error(), cannot_open);
  const struct stat before = status.take();
  bool is_file = S_ISREG(before.st_mode);

  Writer out(fd.get(), out_space);
  Err read_error{0};
  Result<> r;
  if (is_file && before.st_size > 0 && ends_inside_line(path, before)) r = out.put("\n");
  if (r.ok()) r = write_message(out, message, trace, read_error);
  if (r.ok() && is_file) r = sync_file(fd.get());
  // Empty: just made, or made by a delivery that may not have got this far.
  if (r.ok() && is_file && before.st_size == 0) r = sync_directory_of(path);
  if (r.ok()) return text;

  if (lock.ok() && is_file && ftruncate(fd.get(), before.st_size) == -1) {
  }  // part of the message stays: there is nothing better to do
  if (read_error.code)
    return std::move(text.set("Unable to read message: "sv, error_text(read_error), ". "sv, trouble));
  return failed("write", path, r.error(), trouble);
}
