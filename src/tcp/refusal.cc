#include "tcp/refusal.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/io.h"

// Reading and writing before the deadline; ETIMEDOUT then.
static Result<> wait_for(int fd, short events, Deadline limit) {
  pollfd p = {fd, events, 0};
  for (;;) {
    int r = poll(&p, 1, limit.milliseconds());
    if (r > 0) return {};
    if (r == 0) return Err{errno = ETIMEDOUT};
    if (errno != EINTR) return Err::last();
  }
}
static ssize_t read_before(int fd, char* space, size_t n, const void* limit) {
  return wait_for(fd, POLLIN, *static_cast<const Deadline*>(limit)).ok() ? read(fd, space, n) : -1;
}
static ssize_t write_before(int fd, const char* bytes, size_t n, const void* limit) {
  for (;;) {
    if (!wait_for(fd, POLLOUT, *static_cast<const Deadline*>(limit)).ok()) return -1;
    ssize_t sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != -1 || (errno != ENOTSOCK && errno != EAGAIN)) return sent;
    if (errno == ENOTSOCK) return write(fd, bytes, n);
  }
}

static constexpr Str greeting = "220 rblsmtpd.local\r\n", ok = "250 rblsmtpd.local\r\n",
                     goodbye = "221 rblsmtpd.local\r\n";

static Str answer_to(Str verb, Str reply) {
  for (Str known : {"HELO"sv, "EHLO"sv, "MAIL"sv, "RSET"sv, "NOOP"sv})
    if (same_nocase(verb, known)) return ok;
  return reply;
}

static Result<> talk(Reader& in, Writer& out, Str reply) {
  TRY(out.put(greeting));
  Buf line;
  for (;;) {
    constexpr size_t longest_looked_at = 512;
    if (!TRY(in.get_until(line, '\n', longest_looked_at))) return {};
    Str command = line;
    if (command.ends_with('\r')) command.remove_suffix(1);
    Str verb = take_until(command, ' ');
    if (same_nocase(verb, "QUIT")) {
      TRY(out.put(goodbye));
      return out.flush();
    }
    TRY(out.put(answer_to(verb, reply)));
  }
}

void refuse_session(Str reply, Deadline limit) {
  Buf line;
  line.add(reply, "\r\n");
  static char in_space[1024], out_space[1024];
  Writer out(1, out_space, write_before, &limit);
  Reader in(0, in_space, &out, read_before, &limit);
  (void)talk(in, out, line);  // whatever ends it: there is nobody left to tell
}
