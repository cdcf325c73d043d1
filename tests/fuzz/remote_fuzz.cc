// What an SMTP server replies to qmail-remote.
#include <sys/socket.h>

#include "fuzz.h"
#include "lib/die.h"
#include "lib/sys.h"
#include "remote/smtp_session.h"

extern const char program[];
const char program[] = "remote_fuzz";

void fuzz(Str input) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1) die(temporary, {"unable to make a socket"});
  Fd ours(ends[0]), server(ends[1]);
  must(write_all(server.get(), slice(input, 0, 60000)), {"write"});
  must(check(shutdown(server.get(), SHUT_WR)), {"shut down"});

  char recipients[][12] = {"a@b.example", "c@d.example"};
  const char* list[] = {recipients[0], recipients[1]};
  Outgoing mail{.helo = "fuzz.example",
                .sender = "s@x.example",
                .recipients = list,
                .message = memory_file(input.size() % 2 ? "A: b\n\n.\n\r\nno end" : "A: b\n\n.\n\r\n"),
                .timeout_seconds = 10,
                .then = Outgoing::Then::stay};
  SmtpConnection connection{.fd = std::move(ours), .partner = {}};
  connection.partner.set("192.0.2.1"sv);
  do {
    Buf report;
    (void)smtp_session(connection, mail, report);
    hold(!report.empty() && report.view().back() == '\0');
    hold(!connection.can_go_on || report.view().find("\0K"sv) != Str::npos);
  } while (connection.can_go_on);
}
