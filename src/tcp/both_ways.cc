#include "tcp/both_ways.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "lib/child.h"
#include "lib/descriptors.h"
#include "lib/die.h"
#include "lib/sys.h"

namespace {
// One direction: a piece is read when all of the last one is written.
class Stream {
 public:
  Stream(Direction direction, Route route) : direction_(direction), route_(route) {}
  bool over() const { return over_; }
  pollfd awaited() const {
    if (over_) return {-1, 0, 0};
    if (waiting().empty()) return {route_.from, POLLIN, 0};
    return {route_.to, POLLOUT, 0};
  }
  void go_on(Pass pass, const void* context) {
    if (waiting().empty())
      read_piece(pass, context);
    else
      write_piece();
  }
  void close_target() { (void)close(route_.to); }

 private:
  Str waiting() const { return slice(copy_, written_); }
  void read_piece(Pass pass, const void* context) {
    char space[4096];
    ssize_t n = read(route_.from, space, sizeof space);
    if (n == -1 && (errno == EINTR || errno == EAGAIN)) return;
    copy_.clear();
    written_ = 0;
    pass(direction_, {space, n > 0 ? static_cast<size_t>(n) : 0}, copy_, context);
    over_ = n <= 0;
  }
  // No more than what a pipe that poll found ready takes without blocking; a
  // socket is asked not to block.
  void write_piece() {
    Str piece = slice(waiting(), 0, 4096);
    ssize_t n = send(route_.to, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n == -1 && errno == ENOTSOCK) n = write(route_.to, piece.data(), piece.size());
    if (n == -1 && (errno == EINTR || errno == EAGAIN)) return;
    if (n == -1)
      over_ = true;
    else
      written_ += static_cast<size_t>(n);
  }

  Direction direction_;
  Route route_;
  Buf copy_;
  size_t written_ = 0;
  bool over_ = false;
};
}  // namespace

void copy_both_ways(Route in_route, Route out_route, Pass pass, const void* context) {
  signal(SIGPIPE, SIG_IGN);
  Stream in(Direction::in, in_route), out(Direction::out, out_route);
  bool told = false;
  while (!out.over()) {
    if (in.over() && !told) {
      in.close_target();
      told = true;
    }
    pollfd waits[] = {in.awaited(), out.awaited()};
    if (poll(waits, 2, -1) == -1) continue;
    if (waits[0].revents) in.go_on(pass, context);
    if (waits[1].revents) out.go_on(pass, context);
  }
}

void run_between(const char* const* argv, Pass pass) {
  must(fill_standard_descriptors(), {"open /dev/null"});
  Pipe in = must(make_pipe(), {"create pipe"}), out = must(make_pipe(), {"create pipe"});
  pid_t self = getpid();
  pid_t child = fork();
  if (child == -1) die_unable(temporary, {"fork"}, Err::last());
  if (child == 0) {
    in.read.close();
    out.write.close();
    copy_both_ways({0, in.write.get()}, {out.read.get(), 1}, pass, &self);
    _exit(0);
  }
  FdMove ends[] = {{in.read.get(), 0}, {out.write.get(), 1}};
  must(take_descriptors(ends), {"set up descriptors"});
  Err why = exec_program(argv[0], argv);
  die_unable(temporary, {"run ", argv[0]}, why);
}
