// qmail-popup hostname subprogram [ arg ... ] -- take a POP3 login.
//
// Speaks POP3 on descriptors 0 and 1 up to the password, then runs subprogram
// (checkpassword(8)) on the same connection, with `USER NUL PASSWORD NUL
// TIMESTAMP NUL` to read on descriptor 3; of APOP the digest is the password,
// for the timestamp of the greeting. One try for each connection. Who speaks with
// the client is a process in a jail; the other, with the caller's rights, sees of
// him these three texts and runs subprogram.
// Exit code: 1, always.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "lib/child.h"
#include "lib/die.h"
#include "lib/pass.h"
#include "lib/sys.h"
#include "lib/time.h"
#include "mail/commands.h"
#include "mail/jails.h"

const char program[] = "qmail-popup";

static constexpr int timeout = 1200;           // seconds, to read or to write
static constexpr size_t most_read = 1u << 20;  // bytes: no login has as many

namespace reply {
static constexpr Str ok = "+OK ";
static constexpr Str usage = "-ERR usage: popup hostname subprogram";
static constexpr Str syntax = "-ERR syntax error";
static constexpr Str user_first = "-ERR USER first";
static constexpr Str login_first = "-ERR authorization first";
static constexpr Str failed = "-ERR authorization failed";
static constexpr Str crashed = "-ERR aack, child crashed";
static constexpr Str no_memory = "-ERR out of memory";
static constexpr Str no_pipe = "-ERR unable to open pipe";
static constexpr Str pipe_trouble = "-ERR unable to write pipe";
static constexpr Str no_fork = "-ERR unable to fork";
}  // namespace reply

// What came of a login, from the one process to the other.
enum class Login : char { over, failed, crashed, no_memory, no_pipe, pipe_trouble, no_fork };

// What is left to say once the subprogram has ended, which has said the rest.
static Str text_of(Login what) {
  switch (what) {
    case Login::over: return {};
    case Login::crashed: return reply::crashed;
    case Login::no_memory: return reply::no_memory;
    case Login::no_pipe: return reply::no_pipe;
    case Login::pipe_trouble: return reply::pipe_trouble;
    case Login::no_fork: return reply::no_fork;
    default: return reply::failed;
  }
}

static constexpr size_t longest_login = 16384;  // two arguments of a command, and a timestamp

static Login run_subprogram(const char* const* subprogram, Str login) {
  auto opened = make_pipe();
  if (!opened.ok()) return Login::no_pipe;
  Pipe pipe = opened.take();
  FdMove fds[] = {{pipe.read.get(), 3}};
  auto spawned = spawn({.file = subprogram[0], .argv = subprogram, .fds = fds});
  if (!spawned.ok()) {
    Err why = spawned.error();
    if (why.code == EAGAIN || why.code == ENOMEM) return Login::no_fork;
    warn({"unable to run ", subprogram[0]}, why);
    return Login::failed;
  }
  pipe.read.close();
  // A subprogram that does not read it all may still say by its exit code what it thinks.
  auto written = write_all(pipe.write.get(), login);
  if (!written.ok() && written.error().code != EPIPE) return Login::pipe_trouble;
  pipe.write.close();
  auto ended = wait_for(spawned.take());
  auto code = ended.ok() ? exit_code(ended.take()) : std::nullopt;
  if (!code) return Login::crashed;
  return *code ? Login::failed : Login::over;
}

// The process that strangers cannot speak with.
static void serve_speaker(int speaker, const char* const* subprogram) {
  static char login[longest_login];
  ssize_t n;
  do n = recv(speaker, login, sizeof login, 0);
  while (n == -1 && errno == EINTR);
  if (n <= 0) return;
  Login what = run_subprogram(subprogram, Str(login, static_cast<size_t>(n)));
  (void)send(speaker, &what, 1, MSG_NOSIGNAL);
}

namespace {
class Popup {
 public:
  // keeper: the other process.
  Popup(Str host, int keeper, Reader& in, Writer& out) : keeper_(keeper), in_(in), out_(out) {
    timestamp_.add("<"sv, Num(static_cast<uint64_t>(getpid())), "."sv, Num(static_cast<uint64_t>(now_seconds())));
    timestamp_.add("@"sv, host, ">"sv);
  }
  Result<> run();

 private:
  using Handler = Result<> (Popup::*)(Str argument);
  static const Verb<Handler> verbs[];
  Result<> user(Str), pass(Str), apop(Str), noop(Str), quit(Str);

  Result<> reply(Str text) { return out_.put({text, "\r\n"}); }
  Result<> log_in(Str user, Str password);
  Login try_login(Str user, Str password);

  int keeper_;
  Reader& in_;
  Writer& out_;
  Buf timestamp_, line_, user_;
  bool over_ = false;
};
}  // namespace

Login Popup::try_login(Str user, Str password) {
  Buf what;
  for (Str field : {user, password, timestamp_.view()})
    if (!what.try_append(field) || !what.try_append("\0"sv)) return Login::no_memory;
  if (what.size() > longest_login || send(keeper_, what.c_str(), what.size(), MSG_NOSIGNAL) == -1)
    return Login::pipe_trouble;
  Login said;
  ssize_t n;
  do n = recv(keeper_, &said, 1, 0);
  while (n == -1 && errno == EINTR);
  return n == 1 ? said : Login::failed;
}

Result<> Popup::log_in(Str user, Str password) {
  over_ = true;
  TRY(out_.flush());
  Str text = text_of(try_login(user, password));
  return text.empty() ? Result<>() : reply(text);
}

Result<> Popup::user(Str argument) {
  if (argument.empty()) return reply(reply::syntax);
  user_.set(argument);
  return reply(reply::ok);
}

Result<> Popup::pass(Str argument) {
  if (user_.empty()) return reply(reply::user_first);
  if (argument.empty()) return reply(reply::syntax);
  return log_in(user_, argument);
}

Result<> Popup::apop(Str argument) {
  size_t space = argument.find(' ');
  if (space == Str::npos) return reply(reply::syntax);
  return log_in(slice(argument, 0, space), slice(argument, space + 1));
}

Result<> Popup::noop(Str) { return reply(reply::ok); }
Result<> Popup::quit(Str) {
  over_ = true;
  return reply(reply::ok);
}

const Verb<Popup::Handler> Popup::verbs[] = {
    {"USER", &Popup::user}, {"PASS", &Popup::pass}, {"APOP", &Popup::apop},
    {"NOOP", &Popup::noop}, {"QUIT", &Popup::quit},
};

Result<> Popup::run() {
  TRY(out_.put({reply::ok, timestamp_, "\r\n"}));
  while (!over_) {
    auto command = TRY(read_command(in_, line_, LineEnd::crlf_or_lf));
    if (!command) break;
    const auto* verb = find_verb(verbs, command->verb);
    if (command->form != Request::Form::good)
      TRY(reply(reply::syntax));
    else if (!verb)
      TRY(reply(reply::login_first));
    else
      TRY((this->*verb->handler)(command->argument));
  }
  return out_.flush();
}

// A byte at a time, which costs more than a client that never logs in is worth.
static ssize_t read_up_to_most(int fd, char* space, size_t n, const void* seconds) {
  static size_t seen = 0;
  if (seen == most_read) return 0;
  ssize_t got = timed_read(fd, space, n, seconds);
  if (got > 0) seen += static_cast<size_t>(got);
  return got;
}

static void speak(Str host, int keeper, Reader& in, Writer& out) {
  auto ended = Popup(host, keeper, in, out).run();
  if (!ended.ok() && ended.error().code == ENOMEM && out.put({reply::no_memory, "\r\n"}).ok()) (void)out.flush();
}

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a client or subprogram that is gone is an error of write
  static char out_space[512];
  Writer out(1, out_space, timed_write, &timeout);
  // A byte at a time: what a client has sent behind the password is for the subprogram.
  static char in_space[1];
  Reader in(0, in_space, &out, read_up_to_most, &timeout);
  auto refuse = [&](Str text) {
    if (out.put({text, "\r\n"}).ok()) (void)out.flush();
    return 1;
  };

  if (argc < 3) return refuse(reply::usage);
  expect_children();
  auto made = make_socket_pair();
  if (!made.ok()) return refuse(reply::no_pipe);
  SocketPair pair = made.take();
  pid_t keeper = getpid(), speaker = fork();
  if (speaker == -1) return refuse(reply::no_fork);
  if (speaker == 0) {
    pair.ours.close();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper) return 1;  // it has gone already
    enter_jail(jails::popup);
    speak(argv[1], pair.theirs.get(), in, out);
    _exit(1);
  }
  pair.theirs.close();
  serve_speaker(pair.ours.get(), argv + 2);
  (void)wait_for(speaker);
  return 1;
}
