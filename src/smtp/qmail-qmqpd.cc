// qmail-qmqpd -- take a message from one of our own machines by QMQP.
//
// Speaks QMQP on descriptors 0 and 1; who the client is stands in the
// environment (doc/man/tcp-environ.5), and whoever may connect may send to
// everybody. One netstring holds those of the message, its sender and its
// recipients, which go to qmail-queue or $QMAILQUEUE; one answers.
// Exit codes: 0 done, or the client is gone; 100 it does not speak QMQP; 111 a
// resource cannot be had, the netstring is too long, or an hour has passed.
#include "lib/die.h"
#include "lib/time.h"
#include "mail/jails.h"
#include "smtp/confinement.h"
#include "smtp/netstring_server.h"
#include "smtp/received.h"

const char program[] = "qmail-qmqpd";

static Result<> take_text(NetstringReader& in, Intake& intake) {
  TRY(in.begin());
  while (in.left() > 0) {
    Str piece = TRY(in.peek());
    intake.put(piece);
    in.skip(piece.size());
  }
  return in.end();
}

// False: there is an address that is none, and nothing is queued.
static Result<bool> receive(NetstringReader& in, QueueClient& queue, Intake& intake) {
  TRY(take_text(in, intake));
  Buf address;
  bool fit = TRY(take_address(in, address));
  if (!fit) queue.fail();
  queue.from(address);
  while (in.left() > 0) {
    if (!TRY(take_address(in, address))) {
      fit = false;
      queue.fail();
    }
    queue.to(address);
  }
  TRY(in.end());
  return fit;
}

static Result<> serve(NetstringReader& in, Writer& out) {
  TRY(in.begin());
  QueueClient queue;
  if (!queue.open().ok()) return Err{EAGAIN};
  Buf text;
  append_received(text, origin_from_environment(), {}, "QMQP", now_seconds());
  queue.put(text);
  Intake intake(queue, 0);
  auto received = receive(in, queue, intake);
  if (!received.ok()) queue.fail();
  settle(queue, intake.fault(), text);
  if (!TRY(received)) text.set("Dsorry, I can't accept addresses like that (#5.1.3)"sv);
  TRY(out.put({Num(text.size()), ":", text, ","}));
  return out.flush();
}

int main() {
  limit_life();
  confine_server(jails::qmqpd);
  static char in_space[32768], out_space[1024];
  Writer out(1, out_space);
  Reader network(0, in_space);
  NetstringReader in(network);
  auto served = serve(in, out);
  return served.ok() ? 0 : exit_after(served.error());
}
