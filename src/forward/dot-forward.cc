// dot-forward [ -nN ] file ... -- do what a .forward file says, as sendmail reads it.
// In a dot-qmail file or as the default delivery: |dot-forward .forward
// Message on descriptor 0. The first file that is there and not empty counts: its
// commands are run, then the message goes to its addresses, with $DTLINE in front
// and from $NEWSENDER; "dot-forward: info: qp PID" on descriptor 2. -n only says what
// would be done. Exits 99: done, nothing else is to be delivered; 0: no such file,
// or it names the user too; 100 or 111: nothing is forwarded.
#include <signal.h>

#include "forward/command.h"
#include "forward/completion.h"
#include "forward/entries.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/options.h"
#include "lib/sys.h"
#include "mail/forwarding.h"

const char program[] = "dot-forward";
static constexpr size_t largest_file = size_t{64} << 20;

static bool only_say = false;

// What a file asks for.
struct Plan {
  bool direct = false;  // the user gets the message too
  bool discard = false;
  std::vector<Buf> commands, addresses;
  bool empty() const { return !direct && !discard && commands.empty() && addresses.empty(); }
};

static void describe(Str what, Str of = {}) {
  Buf line;
  line.add(what, of, "\n"sv);
  must(write_all(2, line), {"write"});  // whole, however long it is
}

// Is it the user whose file this is?
static bool is_own(const Entry& e) {
  Str user = env("USER").value_or("");
  if (!e.has_host) return same_nocase(e.text, user);
  Buf address;
  address.set(user, "@"sv, env("HOST").value_or(""));
  return same_nocase(e.text, address) || same_nocase(e.full, address);
}

static void take(Entry& e, Plan& plan, std::initializer_list<Str> place) {
  auto refuse = [&](Str kind, Str name) {
    Buf text;
    for (Str s : place) text.append(s);
    die(temporary, {text, kind, name, " not supported"});
  };
  switch (e.kind) {
    case Entry::Kind::nothing:
    case Entry::Kind::wildcard: return;
    case Entry::Kind::list: return refuse(":include:", e.text);
    case Entry::Kind::file:
      if (e.text.view() != "/dev/null") return refuse("file delivery ", e.text);
      if (only_say) describe("discard");
      plan.discard = true;
      return;
    case Entry::Kind::command:
      if (only_say) describe("pipe through ", e.text);
      plan.commands.push_back(std::move(e.text));
      return;
    case Entry::Kind::address:
      if (is_own(e)) {
        plan.direct = true;
        return;
      }
      if (only_say) describe("forward ", e.full);
      plan.addresses.push_back(std::move(e.full));
  }
}

static bool has_wildcard(const std::vector<Entry>& entries) {
  for (const Entry& e : entries)
    if (e.kind == Entry::Kind::wildcard) return true;
  return false;
}

// All of the file, so that nothing is done when a line of it is wrong.
static Plan read_plan(Str text, Str name, const AddressRules& rules) {
  Plan plan;
  for (uint64_t number = 1; !text.empty(); ++number) {
    Str line = take_until(text, '\n');
    if (line.starts_with('#')) continue;
    auto entries = parse_entries(line, rules);
    if (!entries || has_wildcard(*entries))
      die(temporary, {name, " line ", Num(number), ": unable to parse this line: ", line});
    // From right to left, as addresses were always forwarded to.
    for (size_t i = entries->size(); i-- > 0;) take((*entries)[i], plan, {name, " line ", Num(number), ": "});
  }
  return plan;
}

static void run(const Plan& plan) {
  Str front[] = {env("UFLINE").value_or(""), env("RPLINE").value_or(""), env("DTLINE").value_or("")};
  for (const Buf& command : plan.commands) {
    CommandEnd end = must(run_command(command, front), {"run /bin/sh"});
    must(rewind_message(), {"rewind input"});
    switch (end) {
      case CommandEnd::done: break;
      case CommandEnd::temporary: _exit(temporary);
      case CommandEnd::permanent: _exit(permanent);
      case CommandEnd::crashed: die(temporary, {"child crashed"});
    }
  }
}

static void forward(const Plan& plan) {
  if (plan.addresses.empty()) return;
  std::vector<Str> recipients(plan.addresses.begin(), plan.addresses.end());
  QueueClient queue{};
  Str failure =
      must(forward_message(queue, 0, env("DTLINE").value_or(""), env("NEWSENDER").value_or(""), recipients), {"fork"});
  if (!failure.empty())
    die(failure[0] == 'D' ? permanent : temporary, {"unable to forward message: ", slice(failure, 1)});
  say(2, {"dot-forward: info: qp ", Num(static_cast<uint64_t>(queue.pid())), "\n"});
}

int main(int argc, char** argv) {
  Options options(argc, argv, "nN");
  while (char letter = options.next()) {
    if (letter == '?') die_usage("dot-forward [ -nN ] file ...");
    only_say = letter == 'n';
  }
  signal(SIGPIPE, SIG_IGN);

  for (char** file = options.rest(); *file; ++file) {
    auto opened = open_read(*file);
    if (!opened.ok() && opened.error().code == ENOENT) continue;
    Fd fd = must(std::move(opened), {"open ", Str(*file)});
    Buf text;
    must(read_all(fd.get(), text, largest_file), {"read ", Str(*file)});
    AddressRules rules = must(read_rules(Environment::ignored), {"read controls"});
    Plan plan = read_plan(text, *file, rules);
    if (plan.empty()) {
      if (only_say) describe("skipping empty file ", *file);
      continue;
    }
    if (only_say) {
      if (plan.direct) describe("direct delivery");
    } else {
      run(plan);
      forward(plan);
    }
    return plan.direct ? 0 : 99;
  }
  if (only_say) describe("direct delivery");
}
