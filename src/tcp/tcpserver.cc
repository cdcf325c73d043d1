// tcpserver [options] HOST PORT PROGRAM [ARG ...]: waits for TCP connections and runs
// PROGRAM for each one that the rules allow, as tcpserver(1) says, with the
// connection on descriptors 0 and 1 and the environment of tcp-environ(5).
// One process waits, counts, reaps and starts PROGRAM by vfork, or keeps it for the
// next connection of its client (-k); where names, ident
// or a banner take time, or a connection is refused, a child of its own does it.
// Exit: 0 by SIGTERM (children that serve go on), 100 usage, 111 trouble at the start.
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "dns/names.h"
#include "lib/child.h"
#include "lib/descriptors.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/jail.h"
#include "lib/options.h"
#include "tcp/account.h"
#include "tcp/children.h"
#include "tcp/connection.h"
#include "tcp/port.h"

const char program[] = "tcpserver";

[[noreturn]] static void usage() {
  die_usage(
      "tcpserver [ -1UXpPhHrRoOdDqQv ] [ -k seconds ] [ -c limit ] [ -C limit ] [ -x rules.cdb ] [ -B banner ] [ -g "
      "gid ] [ -u uid ] "
      "[ -b backlog ] [ -l localname ] [ -t timeout ] host port program");
}

static Settings settings;
static uint64_t limit = 40;        // -c
static int backlog = 100;          // -b
static uid_t uid = 0;              // -u, 0: stays
static gid_t gid = 0;              // -g, 0: stays
static bool print_port = false;    // -1
static unsigned keep_seconds = 0;  // -k

static constexpr uint64_t most_seconds_kept = 3600;

static uint64_t number(Str text, uint64_t max) {
  auto n = scan_u64(text, max);
  if (!n) usage();
  return *n;
}

// A number, or the name of an account: then its group is taken too, unless -g says which.
static void set_user(const char* text, gid_t& gid_of_user) {
  gid_of_user = 0;
  if (auto n = scan_u64(text, UINT32_MAX)) {
    uid = static_cast<uid_t>(*n);
    return;
  }
  Account account = must(find_account(text), {"find user ", text});
  uid = account.uid;
  gid_of_user = account.gid;
}

static gid_t group_of(const char* text) {
  if (auto n = scan_u64(text, UINT32_MAX)) return static_cast<gid_t>(*n);
  return must(find_group(text), {"find group ", text});
}

static char** parse_options(int argc, char** argv) {
  Options options(argc, argv, "dDvqQhHrRpPoO1UXk:x:t:u:g:l:b:B:c:C:");
  gid_t gid_of_user = 0;
  bool gid_given = false;
  while (char letter = options.next()) {
    switch (letter) {
      case 'q': settings.say = Say::nothing; break;
      case 'Q': settings.say = Say::errors; break;
      case 'v': settings.say = Say::status; break;
      case 'c': limit = number(options.value(), UINT32_MAX); break;
      case 'C': settings.most_of_one = number(options.value(), UINT32_MAX); break;
      case 'x': settings.rules = options.value(); break;
      case 'X': settings.missing_rules_allow = true; break;
      case 'B': settings.banner = options.value(); break;
      case 'g':
        gid = group_of(options.value());
        gid_given = true;
        break;
      case 'u': set_user(options.value(), gid_of_user); break;
      case 'U':
        uid = static_cast<uid_t>(number(env("UID").value_or("0"), UINT32_MAX));
        gid = static_cast<gid_t>(number(env("GID").value_or("0"), UINT32_MAX));
        gid_given = true;
        break;
      case '1': print_port = true; break;
      case 'b': backlog = static_cast<int>(number(options.value(), INT32_MAX)); break;
      case 'k': keep_seconds = static_cast<unsigned>(number(options.value(), most_seconds_kept)); break;
      case 'o': settings.keep_ip_options = true; break;
      case 'O': settings.keep_ip_options = false; break;
      case 'd': settings.delay = true; break;
      case 'D': settings.delay = false; break;
      case 'p': settings.inquiry.paranoid = true; break;
      case 'P': settings.inquiry.paranoid = false; break;
      default:
        if (!set_option(settings.inquiry, letter, options.value())) usage();
    }
  }
  if (!gid_given) gid = gid_of_user;
  // What we would say goes nowhere; a child gets our caller's descriptor 2 back.
  if (settings.say == Say::nothing) settings.child_errors = must(silence(), {"open /dev/null"}).release();
  if (options.rest_count() < 3) usage();
  return options.rest();
}

static Ip find_ip(Str host) {
  if (host.empty() || host == "0") return Ip::any(Ip::Family::v4);
  constexpr int patience = 60;
  Names names;
  std::vector<Ip> ips;
  switch (names.ips_of_host(host, ips, Deadline::in(patience))) {
    case DnsOutcome::found: return ips[0];
    case DnsOutcome::temporary:
      die(temporary, {"temporarily unable to figure out IP address for ", host, ": ", error_text({ETIMEDOUT})});
    default: die(temporary, {"no IP address for ", host});
  }
}

static Fd listen_at(const Endpoint& at) {
  int family = at.ip.family == Ip::Family::v4 ? AF_INET : AF_INET6, on = 1, off = 0;
  Fd fd = must(owned(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), {"create socket"});
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "::" means both families, whatever the system's default is.
  if (family == AF_INET6) (void)setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  SocketAddress a = to_system(at);
  must(check(bind(fd.get(), reinterpret_cast<sockaddr*>(&a.storage), a.size)), {"bind"});
  must(check(listen(fd.get(), backlog)), {"listen"});
  return fd;
}

static void drop_privileges() {
  if (gid) {
    must(check(setgroups(1, &gid)), {"set gid"});
    must(check(setgid(gid)), {"set gid"});
  }
  if (uid) must(check(setuid(uid)), {"set uid"});
  if (uid) hide_memory();  // from the programs it runs, which may be that uid's
}

// What our caller had on 0 and 1 has no business in the waiting process.
static void leave_standard_descriptors() {
  Fd null = must(owned(open("/dev/null", O_RDWR | O_CLOEXEC)), {"open /dev/null"});
  for (int fd : {0, 1}) must(check(dup2(null.get(), fd)), {"set up descriptors"});
}

static sigset_t child_mask;

static void handle_signals(int fd, Children& children) {
  signalfd_siginfo seen;
  while (read(fd, &seen, sizeof seen) == static_cast<ssize_t>(sizeof seen))
    if (seen.ssi_signo == SIGTERM) _exit(0);
  children.reap();
}

// Does the next connection stand a chance right after this error?
static bool passes_at_once(Err err) {
  switch (err.code) {
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EOPNOTSUPP:
    case ETIMEDOUT:
    case EPERM: return true;  // a firewall's rule, says accept(2)
    default: return false;
  }
}

enum class Next { at_once, pause };

// Takes one connection and gives it to a child. A lack of descriptors, memory or
// processes passes when children end: then the door rests a moment instead of
// trying without end.
static Next take_connection(Fd& listener, Fd& signals, Children& children) {
  SocketAddress from{};
  from.size = sizeof from.storage;
  auto accepted = owned(accept4(listener.get(), reinterpret_cast<sockaddr*>(&from.storage), &from.size, SOCK_CLOEXEC));
  if (!accepted.ok()) {
    if (passes_at_once(accepted.error())) return Next::at_once;
    warn({"unable to accept connection"}, accepted.error());
    return Next::pause;
  }
  Fd connection = accepted.take();
  Endpoint remote = from_system(from);
  Ip client = client_of(remote.ip);
  Owned<Worker>& worker = children.add(client);  // before the fork: no memory is needed after it
  Visitor visitor = {.connection = connection.get(), .remote = remote, .same_client = children.of_client(client)};
  if (!serve_at_once(settings, visitor, child_mask, children.waiting(), worker)) {
    worker->pid = fork();
    if (worker->pid == 0) {
      listener.close();  // a tcpserver that follows this one must be able to bind
      signals.close();
      sigprocmask(SIG_SETMASK, &child_mask, nullptr);
      serve(settings, visitor);
    }
  }
  if (worker->pid > 0) {
    children.make_room();
    return Next::at_once;
  }
  warn({"dropping connection, unable to fork"}, Err::last());
  children.remove_last();
  return Next::pause;
}

int main(int argc, char** argv) {
  must(fill_standard_descriptors(), {"open /dev/null"});
  char** rest = parse_options(argc, argv);
  const char* host = rest[0];
  auto port = find_port(rest[1]);
  if (!port) die(temporary, {"unable to figure out port number for ", rest[1]});
  settings.command = rest + 2;
  Fd listener = listen_at({find_ip(host), *port});
  drop_privileges();
  signal(SIGPIPE, SIG_IGN);
  Fd signals = must(catch_signals({SIGTERM, SIGCHLD}, &child_mask), {"catch signals"});
  for (int sig : {SIGTERM, SIGCHLD}) sigdelset(&child_mask, sig);
  if (print_port) say(1, {Num(must(local_end(listener.get()), {"get local address"}).port), "\n"});
  leave_standard_descriptors();

  Children children(limit, keep_seconds, settings.say);
  must(children.open(), {"watch children"});
  children.say_status();
  constexpr int pause_milliseconds = 200;
  Next next = Next::at_once;
  for (;;) {
    bool accepting = next == Next::at_once && !children.full();
    pollfd waits[] = {
        {signals.get(), POLLIN, 0}, {children.fd(), POLLIN, 0}, {accepting ? listener.get() : -1, POLLIN, 0}};
    int ready = poll(waits, 3, next == Next::pause ? pause_milliseconds : children.milliseconds());
    next = Next::at_once;
    if (ready < 0) continue;
    if (waits[0].revents) handle_signals(signals.get(), children);
    children.attend();
    if (waits[2].revents) next = take_connection(listener, signals, children);
  }
}
