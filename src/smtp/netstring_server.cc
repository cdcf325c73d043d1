#include "smtp/netstring_server.h"

#include <signal.h>

#include "lib/die.h"
#include "lib/time.h"

Result<bool> take_address(NetstringReader& in, Buf& address) {
  uint64_t length = TRY(in.read(address, longest_netstring_address));
  return length == address.size() && address.view().find('\0') == Str::npos;
}

static constexpr unsigned life = 3600;  // seconds

static void on_alarm(int) { _exit(temporary); }

void limit_life() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGALRM, on_alarm);
  alarm(life);
}

int exit_after(Err why) {
  switch (why.code) {
    case EPROTO: return permanent;
    case EMSGSIZE:
    case ENOMEM:
    case EAGAIN: return temporary;
    default: return 0;
  }
}

void settle(QueueClient& queue, Intake::Fault fault, Buf& text) {
  Str trouble = queue.close();
  switch (fault) {
    case Intake::Fault::none: break;
    case Intake::Fault::too_many_hops: text.set("Dtoo many hops, this message is looping (#5.4.6)"sv); return;
    case Intake::Fault::too_large: text.set("Dsorry, that message size exceeds my databytes limit (#5.3.4)"sv); return;
    case Intake::Fault::forbidden_byte: text.set("DNUL, bare CR or bare LF in the message (#5.6.0)"sv); return;
  }
  if (!trouble.empty()) {
    text.set(trouble);
    return;
  }
  text.set("Kok "sv, Num(static_cast<uint64_t>(now_seconds())), " qp "sv, Num(static_cast<uint64_t>(queue.pid())));
}
