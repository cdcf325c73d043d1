// tcp-env [ -rR ] [ -t timeout ] program [ arg ... ]: for inetd, which knows
// nothing of tcp-environ(5). Becomes the program with that environment, made from
// the connection on descriptor 0; with PROTO=TCP in it already, with the
// environment as it is.
// Exit: 111 on any error. Never says a word: descriptor 2 of inetd's children is
// the connection.
#include "dns/names.h"
#include "lib/child.h"
#include "lib/descriptors.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/options.h"
#include "tcp/environment.h"
#include "tcp/ident.h"

const char program[] = "tcp-env";

[[noreturn]] static void give_up() { _exit(temporary); }

template <class T>
static T need(Result<T> r) {
  if (!r.ok()) give_up();
  return r.take();
}

// A temporary failure has a name of its own: a rule may want to tell it from none.
static std::optional<Buf> name_of(Names& names, const Ip& ip, Deadline limit) {
  Buf name;
  switch (names.find_name(ip, name, limit)) {
    case DnsOutcome::found: return name;
    case DnsOutcome::temporary: name.set("softdnserror"sv); return name;
    default: return {};
  }
}

int main(int argc, char** argv) {
  // What we and our modules would say goes nowhere; the program gets descriptor 2 back.
  Fd errors = need(silence());

  bool ask = true;
  int64_t ident_seconds = 30;
  Options options(argc, argv, "rRt:");
  while (char letter = options.next()) {
    switch (letter) {
      case 'r': ask = true; break;
      case 'R': ask = false; break;
      case 't': {
        auto n = scan_u64(options.value(), 86400);
        if (!n) give_up();
        ident_seconds = static_cast<int64_t>(*n);
        break;
      }
      default: give_up();
    }
  }
  if (options.rest_count() == 0) give_up();

  Environment environment;
  if (env("PROTO") != "TCP"sv) {
    End local{need(local_end(0))}, remote{need(remote_end(0))};
    constexpr int patience = 60;
    Deadline limit = Deadline::in(patience);
    Names names;
    local.host = name_of(names, local.at.ip, limit);
    remote.host = name_of(names, remote.at.ip, limit);
    if (ask) remote.info = ask_ident(local.at, remote.at, Deadline::in(ident_seconds));
    set_environment(environment, local, remote);
  }

  if (errors.is_open())
    need(check(dup2(errors.get(), 2)));
  else
    close(2);
  (void)exec_program(options.rest()[0], options.rest(), environment.list());
  give_up();
}
