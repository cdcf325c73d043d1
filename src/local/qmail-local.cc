// qmail-local [ -nN ] user homedir local dash ext domain sender defaultdelivery
// Delivers the message on descriptor 0, a seekable file, as the dot-qmail file for
// ext in homedir says. Runs as that user. What it says, on 1 and 2, goes into the
// report of the delivery. -n: only says what the file asks for.
//   4  lib/staying.h, if it is open: asked there to stay, it does so while all goes
//      well and into Maildirs only
// Exits 0: all done; 100: never will be; 111: try again.
#include <signal.h>

#include <vector>

#include "conf.h"
#include "lib/child.h"
#include "lib/die.h"
#include "lib/options.h"
#include "lib/staying.h"
#include "lib/time.h"
#include "local/dotqmail.h"
#include "local/environment.h"
#include "local/maildir.h"
#include "local/mbox.h"
#include "mail/command_exit.h"
#include "mail/forwarding.h"

const char program[] = "qmail-local";
static constexpr size_t largest_dot_qmail = size_t{64} << 20;
static constexpr size_t longest_report = 100;

static bool only_say = false;
static Recipient to;
// Of the one delivery that is being made:
static TraceLines trace;
static Buf new_sender;
static std::optional<Str> default_ext;
static std::vector<Str> addresses;
static struct { uint64_t mboxes, maildirs, forwards, programs; } did;

[[noreturn]] static void usage() {
  die_usage("qmail-local [ -nN ] user homedir local dash ext domain sender aliasempty");
}
[[noreturn]] static void fail(int code, std::initializer_list<Str> text) {
  say(2, text);
  say(2, {"\n"});
  _exit(code);
}
[[noreturn]] static void fail_unable(Str what, Str name, Err err) {
  fail(temporary, {"Unable to ", what, name, ": ", error_text(err), ". (#4.3.0)"});
}

static void check_home() {
  auto status = stat_of(".");
  if (!status.ok()) fail_unable("stat home directory", "", status.error());
  mode_t mode = status.take().st_mode;
  if (mode & CONF_PATRN) fail(temporary, {"Uh-oh: home directory is writable. (#4.7.0)"});
  if (!(mode & S_ISVTX)) return;
  if (!only_say) fail(temporary, {"Home directory is sticky: user is editing his .qmail file. (#4.2.1)"});
  say(2, {"Warning: home directory is sticky.\n"});
}

static void rewind_or_fail() {
  if (!rewind_message().ok()) fail(temporary, {"Unable to rewind message. (#4.3.0)"});
}

static void check_loop() {
  rewind_or_fail();
  auto looping = header_has(0, trace.delivered_to);
  if (!looping.ok()) fail_unable("read message", "", looping.error());
  if (looping.take()) fail(permanent, {"This message is looping: it already has my Delivered-To line. (#5.4.6)"});
}

// The instructions that count, and whether they may only forward.
static void read_instructions(DotQmail& d, const char* dash, Str otherwise, Buf& text) {
  switch (d.found) {
    case DotQmail::Found::writable: fail(temporary, {"Uh-oh: .qmail file is writable. (#4.7.0)"});
    case DotQmail::Found::missing:
      if (*dash) fail(permanent, {"Sorry, no mailbox here by that name. (#5.1.1)"});
      break;
    default:
      if (auto r = read_all(d.file.get(), text, largest_dot_qmail); !r.ok()) fail_unable("read ", d.name, r.error());
  }
  if (!text.empty()) return;
  text.set(otherwise);
  d.forward_only = false;
}

static void deliver_to_file(Buf (*deliver)(const char*, int, const TraceLines&), Str path) {
  rewind_or_fail();
  Buf name;
  name.set(path);
  Buf failure = deliver(name.c_str(), 0, trace);
  if (!failure.empty()) fail(temporary, {failure});
}

// What -n says of a line: whole, however long it is.
static void describe(Str kind, Str what) {
  Buf line;
  line.add(kind, " "sv, what, "\n"sv);
  if (auto r = write_all(1, line); !r.ok()) fail_unable("write", "", r.error());
}

enum class Then : uint8_t { go_on, skip_rest };

static Then run_program(Str command) {
  rewind_or_fail();
  set_environment(to, trace, new_sender, default_ext);
  Buf text;
  text.set(command);
  const char* argv[] = {"/bin/sh", "-c", text.c_str(), nullptr};
  auto child = spawn({.file = argv[0], .argv = argv});
  if (!child.ok()) fail_unable("fork", "", child.error());
  auto status = wait_for(child.take());
  auto code = status.ok() ? exit_code(status.take()) : std::nullopt;
  if (!code) fail(temporary, {"Aack, child crashed. (#4.3.0)"});
  if (*code == 0) return Then::go_on;
  if (*code == 99) return Then::skip_rest;
  _exit(is_permanent_exit(*code) ? permanent : temporary);
}

static Then follow(Instruction i, bool& forward_only) {
  using Kind = Instruction::Kind;
  switch (i.kind) {
    case Kind::nothing:
    case Kind::comment: break;
    case Kind::list: forward_only = true; break;
    case Kind::mbox:
    case Kind::maildir:
      if (forward_only) fail(temporary, {"Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)"});
      ++(i.kind == Kind::mbox ? did.mboxes : did.maildirs);
      if (only_say)
        describe(i.kind == Kind::mbox ? "mbox" : "maildir", i.text);
      else
        deliver_to_file(i.kind == Kind::mbox ? deliver_to_mbox : deliver_to_maildir, i.text);
      break;
    case Kind::command:
      if (forward_only) fail(temporary, {"Uh-oh: .qmail has prog delivery but has x bit set. (#4.7.0)"});
      ++did.programs;
      if (!only_say) return run_program(i.text);
      describe("program", i.text);
      break;
    case Kind::forward:
      ++did.forwards;
      if (only_say)
        describe("forward", i.text);
      else
        addresses.push_back(i.text);
      break;
  }
  return Then::go_on;
}

// The pid of the qmail-queue that took the message.
static uint64_t forward_to_all() {
  rewind_or_fail();
  set_environment(to, trace, new_sender, default_ext);
  QueueClient queue;
  auto done = forward_message(queue, 0, trace.delivered_to, new_sender, addresses);
  if (!done.ok()) fail_unable("fork", "", done.error());
  Str failure = done.take();
  if (!failure.empty())
    fail(failure[0] == 'D' ? permanent : temporary, {"Unable to forward message: ", slice(failure, 1), "."});
  return static_cast<uint64_t>(queue.pid());
}

// All that there is to do for the message on descriptor 0: the report of its success.
static Buf deliver(Str otherwise) {
  did = {};
  addresses.clear();
  if (auto r = change_dir(to.home); !r.ok()) fail_unable("switch to ", to.home, r.error());
  check_home();

  Buf address;
  address.set(Str(to.local), "@"sv, Str(to.domain));
  set_trace_lines(trace, address, to.sender, now_seconds());
  if (!only_say) check_loop();

  Buf trying;
  auto found = find_dot_qmail(to.dash, to.ext, trying);
  if (!found.ok()) fail_unable("open ", trying, found.error());
  DotQmail file = found.take();
  if (auto r = set_new_sender(new_sender, to, trying); !r.ok()) fail_unable("open ", trying, r.error());
  Buf text;
  read_instructions(file, to.dash, otherwise, text);
  default_ext = file.default_from ? std::optional(slice(to.ext, *file.default_from)) : std::nullopt;

  Str rest = text;
  if (parse_instruction(slice(rest, 0, rest.find('\n'))).kind == Instruction::Kind::nothing)
    fail(temporary, {"Uh-oh: first line of .qmail file is blank. (#4.2.1)"});
  Buf report;  // memory may end before the delivery, not after
  if (!report.try_reserve(longest_report)) fail(temporary, {"Out of memory. (#4.3.0)"});
  while (!rest.empty())
    if (follow(parse_instruction(take_until(rest, '\n')), file.forward_only) == Then::skip_rest) break;

  uint64_t queue_pid = addresses.empty() ? 0 : forward_to_all();
  report.set("did "sv, Num(did.mboxes + did.maildirs), "+"sv, Num(did.forwards), "+"sv, Num(did.programs), "\n"sv);
  if (queue_pid) report.add("qp "sv, Num(queue_pid), "\n"sv);
  return report;
}

// What runs a program, waits for a lock or calls for qmail-queue could hang, or leave
// something behind for the next delivery.
static bool may_go_on() { return !did.mboxes && !did.forwards && !did.programs; }

// Reports, and waits for the next message to this recipient. False: there is none.
static bool take_next(Str report) {
  static char space[longest_next_task];
  close(0);
  Fd body;
  auto command = next_task(report, space, body);
  if (!command.ok()) fail_unable("take the next message", "", command.error());
  Str rest = command.take();
  if (rest.empty()) return false;
  to.sender = take_until(rest, '\0').data();
  FdMove move[] = {{body.get(), 0}};
  if (auto r = take_descriptors(move); !r.ok()) fail_unable("take the next message", "", r.error());
  if (body.get() == 0) body.release();
  return true;
}

int main(int argc, char** argv) {
  Options options(argc, argv, "nN");
  for (char letter; (letter = options.next());) {
    if (letter == '?') usage();
    only_say = letter == 'n';
  }
  char** a = options.rest();
  if (options.rest_count() != 8 || a[1][0] != '/') usage();
  to = {a[0], a[1], a[2], a[3], a[4], a[5], a[6]};
  Str otherwise = a[7];

  umask(077);
  signal(SIGPIPE, SIG_IGN);
  bool stays = is_asked_to_stay();
  Buf report = deliver(otherwise);
  while (stays && may_go_on()) {
    if (!take_next(report)) return 0;
    report = deliver(otherwise);
  }
  say(1, {report});
}
