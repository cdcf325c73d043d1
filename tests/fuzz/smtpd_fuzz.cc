// A connection to qmail-smtpd; the first byte says who is at the other end.
#include "no_queue.h"
#include "smtp/session.h"

extern const char program[];
const char program[] = "smtpd_fuzz";

const bool from_anybody = true;

void fuzz(Str input) {
  if (input.empty()) return;
  Peer peer = input[0] % 3 == 0 ? Peer::network : input[0] % 3 == 1 ? Peer::pipe : Peer::local;
  memory_input = slice(input, 1);

  Settings settings{
      .admission = {.relay = RelayPolicy::trusting(), .relayclient = "", .databytes = 2000, .maxrcpt = 20}};
  settings.greeting.set("fuzz.example ESMTP"sv);
  settings.localiphost.emplace().set("fuzz.example"sv);
  Buf bad;
  bad.set("bad@sender.example\n@bad.example\n"sv);
  settings.badmailfrom = Table(Lines(std::move(bad)), Table::Form::keys);
  char in_space[512], out_space[512];
  Writer out(-1, out_space, write_nowhere);
  Reader in(-1, in_space, &out, read_memory);
  QueueService service;
  Session(settings, Origin{}, peer, service, in, out).run();
}
