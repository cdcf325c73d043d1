// tcpclient [ options ] HOST PORT PROGRAM [ ARG ... ]: connects, and becomes PROGRAM
// with the connection on descriptors 6 (to read) and 7 (to write) and the
// environment of tcp-environ(5).
// Exit: 100 usage, 111 no connection; else PROGRAM's.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include "dns/names.h"
#include "lib/child.h"
#include "lib/descriptors.h"
#include "lib/dial.h"
#include "lib/die.h"
#include "lib/options.h"
#include "tcp/inquiry.h"
#include "tcp/port.h"

const char program[] = "tcpclient";

[[noreturn]] static void usage() {
  die_usage(
      "tcpclient [ -hHrRdDqQv ] [ -i localip ] [ -p localport ] [ -T timeoutconn ] [ -l localname ] "
      "[ -t timeoutinfo ] host port program");
}

enum class Say { nothing, errors, status };

static Say loudness = Say::errors;       // -q -Q -v
static DialPatience patience = {2, 58};  // -T
static Endpoint from;                    // -i -p
static bool delay = true;                // -d -D
static Inquiry inquiry;

static uint64_t number(Str text, uint64_t max) {
  auto n = scan_u64(text, max);
  if (!n) usage();
  return *n;
}

static void set_patience(Str text) {
  constexpr uint64_t longest = 86400;
  Str first = take_until(text, '+');
  patience.first_seconds = static_cast<int64_t>(number(first, longest));
  patience.second_seconds = text.empty() ? 0 : static_cast<int64_t>(number(text, longest));
}

static char** parse_options(int argc, char** argv) {
  Options options(argc, argv, "dDvqQhHrRi:p:t:T:l:");
  while (char letter = options.next()) {
    switch (letter) {
      case 'q': loudness = Say::nothing; break;
      case 'Q': loudness = Say::errors; break;
      case 'v': loudness = Say::status; break;
      case 'd': delay = true; break;
      case 'D': delay = false; break;
      case 'i': {
        auto ip = Ip::parse(options.value());
        if (!ip) usage();
        from.ip = *ip;
        break;
      }
      case 'p': from.port = static_cast<uint16_t>(number(options.value(), UINT16_MAX)); break;
      case 'T': set_patience(options.value()); break;
      default:
        if (!set_option(inquiry, letter, options.value())) usage();
    }
  }
  if (options.rest_count() < 3) usage();
  return options.rest();
}

static std::vector<Ip> find_ips(Str host) {
  std::vector<Ip> ips;
  constexpr int seconds = 60;
  Names names;
  if (host.empty() || host == "0") host = "127.0.0.1";
  switch (names.ips_of_host(host, ips, Deadline::in(seconds))) {
    case DnsOutcome::found: return ips;
    case DnsOutcome::temporary:
      die(temporary, {"temporarily unable to figure out IP address for ", host, ": ", error_text({ETIMEDOUT})});
    default: die(temporary, {"no IP address for ", host});
  }
}

// The local side that was asked for; null when any will do. A family of addresses
// that it does not have cannot be used.
static const Endpoint* local_side(std::vector<Ip>& ips) {
  if (from.ip.is_any() && from.port == 0) return nullptr;
  if (from.ip.is_any()) from.ip = Ip::any(ips[0].family);
  std::vector<Ip> usable;
  for (const Ip& ip : ips)
    if (ip.family == from.ip.family) usable.push_back(ip);
  if (usable.empty()) die_unable(temporary, {"bind socket"}, {EAFNOSUPPORT});
  ips = std::move(usable);

  SocketAddress a = to_system(from);
  Fd fd = must(owned(socket(a.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)), {"create socket"});
  must(check(bind(fd.get(), reinterpret_cast<sockaddr*>(&a.storage), a.size)), {"bind socket"});
  return &from;
}

static void say_end(Str before, const Endpoint& to, Str behind) {
  Buf ip;
  to.ip.append_to(ip);
  say(2, {program, ": ", before, " ", ip, " port ", Num(to.port), behind, "\n"});
}

static Connected connect_to(std::span<Dialled> to, const Endpoint* local) {
  auto connected = dial(to, patience, local);
  if (connected) return std::move(*connected);
  for (const Dialled& d : to) {
    Buf why;
    say_end("unable to connect to", d.to, why.set(": ", error_text(d.why)));
  }
  _exit(temporary);
}

int main(int argc, char** argv) {
  must(fill_standard_descriptors(), {"open /dev/null"});
  char** rest = parse_options(argc, argv);
  Fd errors;
  if (loudness == Say::nothing) errors = must(silence(), {"open /dev/null"});

  auto port = find_port(rest[1]);
  if (!port) die(temporary, {"unable to figure out port number for ", rest[1]});
  std::vector<Ip> ips = find_ips(rest[0]);
  const Endpoint* local_end_wanted = local_side(ips);
  std::vector<Dialled> to = dial_order(ips, *port);
  Connected connected = connect_to(to, local_end_wanted);
  int fd = connected.fd.get(), on = 1;
  if (!delay) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  End local{must(local_end(fd), {"get local address"})}, remote{must(remote_end(fd), {"get remote address"})};
  if (loudness == Say::status) say_end("connected to", remote.at, "");
  inquire(inquiry, local, remote);
  Environment environment;
  set_environment(environment, local, remote);

  FdMove ends[] = {{fd, 6}, {fd, 7}};
  must(take_descriptors(ends), {"set up descriptors 6 and 7"});
  signal(SIGPIPE, SIG_DFL);
  if (errors.is_open()) (void)dup2(errors.get(), 2);
  Err why = exec_program(rest[2], rest + 2, environment.list());
  if (loudness == Say::nothing) _exit(temporary);
  die_unable(temporary, {"run ", rest[2]}, why);
}
