#include "mail/mbox_file.h"

#include <signal.h>
#include <sys/file.h>

#include "mail/date.h"

// As ctime writes it, in UTC: "Sat Nov 21 02:36:11 2026".
static void append_ctime(Buf& out, int64_t now) {
  CivilTime c = civil_time(now);
  out.add(weekday_name(c.weekday), " ", month_name(c.month), " ");
  out.append_padded(static_cast<uint64_t>(c.day), 2);
  out.push(' ');
  append_clock(out, c);
  out.push(' ');
  out.append_number(static_cast<uint64_t>(c.year < 0 ? 0 : c.year));
}

void append_from_line(Buf& out, Str sender, int64_t unix_seconds) {
  out.append("From ");
  for (char c : sender.empty() ? "MAILER-DAEMON"sv : sender) out.push(is_blank(c) || c == '\n' || c == '\r' ? '-' : c);
  out.push(' ');
  append_ctime(out, unix_seconds);
  out.push('\n');
}

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

Str gap_before_next(int fd, off_t size) {
  char last[] = {'\n', '\n'};
  off_t n = size < 2 ? size : 2;
  if (pread(fd, last + 2 - n, static_cast<size_t>(n), size - n) != n) return ""sv;
  if (last[1] != '\n') return "\n\n"sv;
  return last[0] != '\n' ? "\n"sv : ""sv;
}

static void wake_up(int) {}

// ETIMEDOUT: somebody else has had the lock all the time.
static Result<> lock_in_time(int fd, unsigned seconds) {
  struct sigaction action {};
  action.sa_handler = wake_up;  // without SA_RESTART: ends the wait
  sigaction(SIGALRM, &action, nullptr);
  alarm(seconds);
  auto r = check(flock(fd, LOCK_EX));
  alarm(0);
  if (!r.ok() && r.error().code == EINTR) return Err{ETIMEDOUT};
  return r;
}

Result<OpenMbox> open_mbox(const char* path, unsigned seconds) {
  for (;;) {
    Fd fd = TRY(open_append(path, 0600));
    auto lock = lock_in_time(fd.get(), seconds);
    if (!lock.ok() && lock.error().code == ETIMEDOUT) return lock.error();
    struct stat mine = TRY(stat_of(fd.get()));
    if (!S_ISREG(mine.st_mode)) return OpenMbox{std::move(fd), mine, lock.ok()};
    auto named = stat_of(path);
    if (!named.ok() && named.error().code != ENOENT) return named.error();
    if (!named.ok()) continue;
    struct stat its = named.take();
    if (its.st_dev == mine.st_dev && its.st_ino == mine.st_ino) return OpenMbox{std::move(fd), mine, lock.ok()};
  }
}
