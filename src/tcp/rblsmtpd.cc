// rblsmtpd [ options ] SMTPD [ ARG ... ]: becomes SMTPD, unless the client
// (TCPREMOTEIP) stands on a list in the DNS, or RBLSMTPD in the environment says so:
// then it talks to the client itself on descriptors 0 and 1 and takes no mail.
// RBLSMTPD: empty lets in; text keeps out for now, after a "-" for good.
// Exit: 0 the client was kept out, 100 usage, 111 SMTPD cannot be run; else SMTPD's.
#include "lib/child.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/io.h"
#include "lib/options.h"
#include "tcp/blocklist.h"
#include "tcp/refusal.h"

const char program[] = "rblsmtpd";

[[noreturn]] static void usage() {
  die_usage("rblsmtpd [ -bBcC ] [ -t timeout ] [ -T patience ] [ -r base ] [ -a base ] smtpd [ arg ... ]");
}

enum class Code { for_now, for_good };

static std::vector<Blocklist> lists;                       // -r -a
static Code code = Code::for_now;                          // -b -B
static WhenUnknown when_unknown = WhenUnknown::let_in;     // -c -C
static int64_t session_seconds = 60, lookup_seconds = 60;  // -t -T

static int64_t seconds(Str text) {
  auto n = scan_u64(text, 86400);
  if (!n) usage();
  return static_cast<int64_t>(*n);
}

static char** parse_options(int argc, char** argv) {
  Options options(argc, argv, "bBcCt:T:r:a:");
  while (char letter = options.next()) {
    switch (letter) {
      case 'b': code = Code::for_good; break;
      case 'B': code = Code::for_now; break;
      case 'c': when_unknown = WhenUnknown::defer; break;
      case 'C': when_unknown = WhenUnknown::let_in; break;
      case 't': session_seconds = seconds(options.value()); break;
      case 'T': lookup_seconds = seconds(options.value()); break;
      case 'r': lists.push_back({Blocklist::Kind::blocks, options.value()}); break;
      case 'a': lists.push_back({Blocklist::Kind::allows, options.value()}); break;
      default: usage();
    }
  }
  if (options.rest_count() == 0) usage();
  return options.rest();
}

static Buf reply_of(Code how, Str text) {
  constexpr size_t longest = 200;
  Buf reply;
  reply.append(how == Code::for_good ? "553 " : "451 ");
  for (char c : slice(text, 0, longest)) reply.push(c < 32 || c > 126 ? '?' : c);
  return reply;
}

// The reply to a client whom the environment or a list keeps out.
static std::optional<Buf> find_refusal(std::optional<Ip> client) {
  if (auto said = env("RBLSMTPD")) {
    if (said->empty()) return {};
    return said->starts_with('-') ? reply_of(Code::for_good, slice(*said, 1)) : reply_of(Code::for_now, *said);
  }
  if (!client || lists.empty()) return {};
  std::vector<DnsQuestion> questions;
  for (const Blocklist& list : lists) {
    auto question = question_about(*client, list);
    if (!question) die(permanent, {"not the name of a list: ", list.base});
    questions.push_back(*question);
  }
  Judgement j = ask_lists(questions, Resolver::from_system(), Deadline::in(lookup_seconds), when_unknown);
  switch (j.kind) {
    case Judgement::Kind::allowed: return {};
    case Judgement::Kind::deferred: return reply_of(Code::for_now, "temporary RBL lookup error");
    case Judgement::Kind::blocked: break;
  }
  // Perhaps it is a list that did not answer which would have let it in.
  return reply_of(j.certain ? code : Code::for_now, j.text);
}

int main(int argc, char** argv) {
  char** smtpd = parse_options(argc, argv);
  Str ip = env("TCPREMOTEIP").value_or("");
  if (auto refusal = find_refusal(Ip::parse(ip))) {
    say(2, {program, ": ", ip, " pid ", Num(static_cast<uint64_t>(getpid())), ": ", *refusal, "\n"});
    if (session_seconds == 0)
      (void)write_all(1, refusal->add("\r\n"));
    else
      refuse_session(*refusal, Deadline::in(session_seconds));
    return 0;
  }
  Err why = exec_program(smtpd[0], smtpd);
  die_unable(temporary, {"run ", smtpd[0]}, why);
}
