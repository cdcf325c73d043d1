// qmail-bounce ID SENDER FROM HOST DOUBLETO DOUBLEHOST -- put the bounce of message
// ID into the queue.
//
// Run by qmail-send. Descriptor 0 is the message's file, 3 its state file with
// the failures. Writes the pid of the bounce's qmail-queue to descriptor 1. The last
// four are qmail-send's bouncefrom, bouncehost, doublebounceto, doublebouncehost.
// The texts are those of QSBMF; what comes of an empty SENDER is a double bounce,
// and no bounce is made for the sender #@[].
// Exit 0: the bounce is in the queue. 111: it is not, try again. 100: called wrongly.
#include <signal.h>

#include "lib/die.h"
#include "lib/time.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/failure.h"
#include "mail/message_state.h"
#include "mail/queue_client.h"
#include "mail/queue_files.h"

const char program[] = "qmail-bounce";

// A list's sender BASE@HOST-@[] hears of its bounces at BASE@HOST.
static Str without_verp_mark(Str sender) {
  return sender.ends_with("-@[]") ? slice(sender, 0, sender.size() - 4) : sender;
}

// Of a recipient that an order gave up, the reason for its last deferral counts.
static void append_report(Buf& out, const StateRecord& r, const Trailer& trailer) {
  if (r.text != expired_by_order || r.number >= trailer.recipients) return out.append(r.text);
  static std::optional<MessageState> state;
  if (!state) state = must(MessageState::read(3, trailer), {"read the state file"});
  must(state->append_reason(out, state->of(r.number)), {"read the state file"});
}

static void put_failures(QueueClient& queue, const Trailer& trailer) {
  StateReader reader;
  if (!must(reader.open(3, trailer), {"read the state file"})) die(temporary, {"this is no state file of the message"});
  Buf report, paragraph;
  while (auto r = must(reader.next(), {"read the state file"})) {
    if (r->kind != StateRecord::Kind::failed) continue;
    report.clear();
    paragraph.clear();
    append_report(report, *r, trailer);
    append_failure(paragraph, r->address, report);
    queue.put(paragraph);
  }
}

static void put_body(QueueClient& queue, const Message& message) {
  static char space[65536];
  uint64_t at = 0;
  while (size_t n = must(message.read_body(at, space), {"read the message"})) {
    queue.put(Str(space, n));
    at += n;
  }
}

int main(int argc, char** argv) {
  auto id = argc == 7 ? scan_id(argv[1]) : std::nullopt;
  if (!id) die_usage("qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost");
  const Str bouncefrom = argv[3], bouncehost = argv[4], doublebounceto = argv[5], doublebouncehost = argv[6];
  Str sender = argv[2];
  if (sender == "#@[]") die(permanent, {"no bounce is made for ", sender});
  sender = without_verp_mark(sender);  // which may leave a stranger's #@[]: an address like any other
  signal(SIGPIPE, SIG_IGN);

  // qmail-queue gives up after a day. What stands in its place may never; then
  // this bounce would keep others from being sent, and qmail-send from ending.
  alarm(90000);

  // A damaged body is nobody's mail: it is not sent out as a copy either.
  Message message = must(Message::take(Fd(0), *id), {"use the message on descriptor 0"});
  must(message.check_body(), {"read the message"});
  bool is_double = sender.empty();
  Buf recipient, header, quoted;
  if (is_double)
    recipient.set(doublebounceto, "@"sv, doublebouncehost);
  else
    recipient.set(sender);

  QueueClient queue;
  must(queue.open(), {"start qmail-queue"});
  Num qp(static_cast<uint64_t>(queue.pid()));
  header.append("Date: ");
  append_date(header, now_seconds());
  header.append("\nFrom: ");
  quoted.set(bouncefrom, "@"sv, bouncehost);
  append_quoted(header, quoted);
  header.append("\nTo: ");
  size_t to = header.size();
  append_quoted(header, recipient);
  make_one_line(header, to);
  header.add("\nSubject: failure notice\n\nHi. This is the qmail-send program at "sv, bouncehost, ".\n"sv);
  header.append(is_double ? "I tried to deliver a bounce message to this address, but the bounce bounced!\n\n"
                          : "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
                            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n");
  queue.put(header);
  put_failures(queue, message.trailer());
  header.set(is_double ? "--- Below this line is the original bounce.\n\n"sv
                       : "--- Below this line is a copy of the message.\n\n"sv,
             "Return-Path: <"sv);
  size_t path = header.size();
  append_quoted(header, sender);
  make_one_line(header, path);
  header.append(">\n");
  queue.put(header);
  put_body(queue, message);
  queue.from(is_double ? "#@[]" : "");
  queue.to(recipient);
  if (Str trouble = queue.close(); !trouble.empty()) die(temporary, {slice(trouble, 1)});

  say(1, {qp});
}
