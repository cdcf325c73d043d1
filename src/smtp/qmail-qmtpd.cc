// qmail-qmtpd -- take mail from the network by QMTP.
//
// Speaks QMTP on descriptors 0 and 1; who the client is stands in the
// environment (doc/man/tcp-environ.5). Messages, any number of them, each a
// netstring followed by those of its sender and of its recipients, go to
// qmail-queue or $QMAILQUEUE; each recipient is answered by a netstring.
// Exit codes: 0 the client is gone, 100 it does not speak QMTP, 111 a control
// file or resource cannot be had, a netstring is too long, or an hour has passed.
#include "lib/die.h"
#include "lib/time.h"
#include "mail/instance.h"
#include "mail/jails.h"
#include "smtp/admission.h"
#include "smtp/confinement.h"
#include "smtp/netstring_server.h"
#include "smtp/qmtp_text.h"
#include "smtp/received.h"

const char program[] = "qmail-qmtpd";

// What became of a recipient, before anything is known of the message.
enum class Verdict : char { accepted, no_relay, unfit };

// The recipients of one message, in order. Those above maxrcpt need no memory.
struct Recipients {
  Buf verdicts;  // a Verdict each
  uint64_t too_many = 0, accepted = 0;
};

static Result<> take_text(NetstringReader& in, Intake& intake) {
  auto text = QmtpText::of(TRY(in.peek())[0]);
  if (!text) return Err{EPROTO};
  in.skip(1);
  while (in.left() > 0) {
    Str input = TRY(in.peek());
    size_t n = input.size();
    for (Str piece = text->next(input); !piece.empty(); piece = text->next(input)) intake.put(piece);
    in.skip(n);
  }
  if (text->has_forbidden_byte()) intake.forbid();
  return in.end();
}

static Result<Verdict> judge(Admission& admission, Str recipient) {
  if (recipient.size() + admission.relayclient.size() > longest_netstring_address) return Verdict::unfit;
  auto verdict = admission.relay.judge(recipient);
  if (!verdict.ok()) return Err{EAGAIN};  // of the client's doing it is not
  return verdict.take().allowed() ? Verdict::accepted : Verdict::no_relay;
}

// Passes each recipient on as it comes: their number is known at the end only.
static Result<> take_recipients(NetstringReader& in, Admission& admission, QueueClient& queue, Recipients& all) {
  TRY(in.begin());
  Buf recipient;
  while (in.left() > 0) {
    bool fit = TRY(take_address(in, recipient));
    if (all.verdicts.size() == admission.maxrcpt) {
      ++all.too_many;
      continue;
    }
    Verdict v = fit ? TRY(judge(admission, recipient)) : Verdict::unfit;
    if (v == Verdict::accepted) {
      ++all.accepted;
      recipient.append(admission.relayclient);
      queue.to(recipient);
    }
    all.verdicts.push(static_cast<char>(v));
  }
  return in.end();
}

static Result<> answer(Writer& out, Str text) { return out.put({Num(text.size()), ":", text, ","}); }

static Result<> answer_all(Writer& out, const Recipients& all, Str of_message) {
  for (char v : all.verdicts.view()) switch (static_cast<Verdict>(v)) {
      case Verdict::accepted: TRY(answer(out, of_message)); break;
      case Verdict::no_relay:
        TRY(answer(out, "Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"));
        break;
      case Verdict::unfit: TRY(answer(out, "Dsorry, I can't handle that recipient (#5.1.3)")); break;
    }
  for (uint64_t i = 0; i < all.too_many; ++i) TRY(answer(out, "Ztoo many recipients (#4.5.3)"));
  return out.flush();  // whatever comes next, the client is to know
}

struct Transaction {
  Intake intake;
  Recipients recipients{};
  bool sender_is_fit = false;
};

static Result<> receive(NetstringReader& in, Admission& admission, QueueClient& queue, Transaction& t) {
  TRY(take_text(in, t.intake));
  Buf sender;
  t.sender_is_fit = TRY(take_address(in, sender));
  if (!t.sender_is_fit) queue.fail();
  queue.from(sender);
  return take_recipients(in, admission, queue, t.recipients);
}

static Result<> serve_message(NetstringReader& in, Writer& out, QueueService& service, Admission& admission,
                              const Origin& origin) {
  if (TRY(in.begin()) == 0) return Err{EPROTO};
  QueueClient queue;
  if (!queue.open(&service).ok()) return Err{EAGAIN};
  Buf text;
  append_received(text, origin, {}, "QMTP", now_seconds());
  queue.put(text);
  Transaction t{.intake = Intake(queue, admission.databytes)};
  auto received = receive(in, admission, queue, t);
  if (!received.ok() || t.recipients.accepted == 0) queue.fail();
  settle(queue, t.intake.fault(), text);
  TRY(received);
  if (!t.sender_is_fit && t.intake.fault() == Intake::Fault::none) text.set("Dunacceptable sender (#5.1.7)"sv);
  return answer_all(out, t.recipients, text);
}

int main() {
  limit_life();
  auto control = Control::open(instance_root());
  if (!control.ok()) return temporary;
  auto read = read_admission(control.take());
  if (!read.ok()) return temporary;
  Admission admission = read.take();
  Origin origin = origin_from_environment();

  confine_server(jails::qmtpd);

  static char in_space[32768], out_space[16384];
  Writer out(1, out_space);
  QueueService service;
  QueueWatch watch = {&service, Deadline::in(86400)};  // limit_life() ends it before
  Reader network(0, in_space, nullptr, watched_read, &watch);
  NetstringReader in(network);
  for (;;)
    if (auto served = serve_message(in, out, service, admission, origin); !served.ok())
      return exit_after(served.error());
}
