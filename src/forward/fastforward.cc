// fastforward [ -nNpPdD ] data.cdb -- send a message on as a forwarding database
// says. In ~alias/.qmail-default: |fastforward -d /etc/aliases.cdb
// Message on descriptor 0. The recipient is $RECIPIENT, with -d $DEFAULT (else $EXT)
// @$HOST. Its commands are run, then the message goes to its addresses, with $DTLINE
// in front, from the alias's owner or $SENDER; "fastforward: qp PID" on descriptor 2.
// -n only says what would be done. Exits 0 done, 100 no such recipient, with -p 99 and
// 0; else 100 or 111.
#include "forward/expansion.h"

#include <signal.h>

#include "forward/command.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/options.h"
#include "mail/forwarding.h"

const char program[] = "fastforward";

static Str needed(const char* variable) {
  auto value = env(variable);
  if (!value) die(permanent, {"$", variable, " must be set"});
  return *value;
}

static void set_address(Buf& out, bool from_default) {
  if (!from_default) {
    out.set(needed("RECIPIENT"));
    return;
  }
  auto local = env("DEFAULT");
  if (!local) local = env("EXT");
  if (!local) die(permanent, {"$DEFAULT or $EXT must be set"});
  out.set(*local, "@"sv, needed("HOST"));
}

// A line of -n: whole, however long it is, and with nothing that moves a terminal's cursor.
static void describe(std::initializer_list<Str> parts) {
  Buf line;
  for (Str part : parts)
    for (char c : part) line.push(static_cast<unsigned char>(c) < 32 ? '_' : c);
  line.push('\n');
  must(write_all(2, line), {"write"});
}

static void describe_all(const Expansion& e, Str sender) {
  for (Str command : e.commands()) describe({"run ", command});
  if (e.recipients().empty()) return describe({"no forwarding"});
  describe({"from <", sender, ">"});
  for (Str recipient : e.recipients()) describe({"to <", recipient, ">"});
}

// Those with ! get the lines of a delivery in front of the message.
static void run(const Expansion& e) {
  Str lines[] = {env("UFLINE").value_or(""), env("RPLINE").value_or(""), env("DTLINE").value_or("")};
  for (Str command : e.commands()) {
    std::span<const Str> front = lines;
    CommandEnd end = must(run_command(slice(command, 1), front.first(command[0] == '!' ? 3 : 0)), {"run ", command});
    must(rewind_message(), {"rewind input"});
    switch (end) {
      case CommandEnd::done: break;
      case CommandEnd::temporary: _exit(temporary);
      case CommandEnd::permanent: _exit(permanent);
      case CommandEnd::crashed: die(temporary, {"child crashed in ", command});
    }
  }
}

static void forward(const Expansion& e, Str sender) {
  if (e.recipients().empty()) return;
  QueueClient queue{};
  Str failure = must(forward_message(queue, 0, env("DTLINE").value_or(""), sender, e.recipients()), {"fork"});
  if (!failure.empty()) die(failure[0] == 'D' ? permanent : temporary, {slice(failure, 1)});
  say(2, {"fastforward: qp ", Num(static_cast<uint64_t>(queue.pid())), "\n"});
}

int main(int argc, char** argv) {
  bool only_say = false, pass_on = false, from_default = false;
  Options options(argc, argv, "nNpPdD");
  while (char letter = options.next()) switch (letter) {
      case 'n':
      case 'N': only_say = letter == 'n'; break;
      case 'p':
      case 'P': pass_on = letter == 'p'; break;
      case 'd':
      case 'D': from_default = letter == 'd'; break;
      default: die_usage("fastforward [ -nNpPdD ] data.cdb");
    }
  if (options.rest_count() != 1) die_usage("fastforward [ -nNpPdD ] data.cdb");
  const char* name = options.rest()[0];

  Buf address;
  set_address(address, from_default);
  Str sender = only_say ? env("SENDER").value_or("original envelope sender") : needed("SENDER");

  Cdb db = must(Cdb::open(name), {"read ", name});
  Expansion e(db, name);
  bool bounce = sender.empty() || sender == "#@[]";
  switch (e.expand(address, bounce ? Expansion::Owner::ignored : Expansion::Owner::counts)) {
    case Expansion::Found::error: die(temporary, {e.why()}, e.cause());
    case Expansion::Found::yes: break;
    case Expansion::Found::no:
      if (pass_on) return 0;
      say(2, {"Sorry, no mailbox here by that name. (#5.1.1)\n"});
      return permanent;
  }
  if (e.owner()) sender = *e.owner();

  if (only_say) {
    describe_all(e, sender);
  } else {
    signal(SIGPIPE, SIG_IGN);
    run(e);
    forward(e, sender);
  }
  return pass_on ? 99 : 0;
}
