// One SMTP connection, from the greeting to its end (RFC 5321, doc/man/qmail-smtpd.8).
// It knows descriptors only through its Reader and Writer.
#pragma once
#include "mail/commands.h"
#include "smtp/data.h"
#include "smtp/intake.h"
#include "smtp/received.h"
#include "smtp/settings.h"

// Who is at the other end.
enum class Peer : uint8_t {
  network,  // a socket: lines end with CR LF, and the client waits where it must
  pipe,     // a script that has said all in advance
  local,    // a program on this machine behind sendmail -bs: LF ends a line too
};

class Session {
 public:
  // The Writer is tied to the Reader, so that the replies to commands that came
  // together leave together; both wait as long as settings.patience lasts.
  Session(Settings& settings, const Origin& origin, Peer peer, QueueService& service, Reader& in, Writer& out)
      : settings_(settings), origin_(origin), peer_(peer), service_(service), in_(in), out_(out) {}

  // Until the client or we end it: 0 after QUIT, else 1.
  int run();

  // Could a message not be queued for now? Another process may find a way.
  bool lacks_queue() const { return lacks_queue_; }

 private:
  using Handler = Result<> (Session::*)(Str argument);
  static const Verb<Handler> verbs[];

  Result<> helo(Str), ehlo(Str), mail(Str), rcpt(Str), data(Str), rset(Str);
  Result<> noop(Str), help(Str), vrfy(Str), quit(Str);

  Result<> converse();
  Result<> obey(const Request&);
  Result<> reply(Str text) { return out_.put({text, "\r\n"}); }
  Result<> refuse_command(Str text);
  Result<> end(int code, Str text);
  Result<bool> spoke_early();

  void forget_transaction();
  bool is_bad_sender() const;
  Result<> replace_own_ip(Buf& address) const;

  enum class Ending : uint8_t { whole, bare_lf, broken_off };
  Result<Ending> receive(Intake&);
  Result<> answer_message(Ending, Intake::Fault, QueueClient&);

  Settings& settings_;
  Origin origin_;
  Peer peer_;
  QueueService& service_;
  Reader& in_;
  Writer& out_;
  std::optional<int> exit_;
  bool lacks_queue_ = false;
  uint64_t errors_ = 0;
  uint64_t cost_ = 0;  // of the commands since the last accepted message, in hundredths of one
  Buf line_;

  bool greeted_ = false;
  Buf helo_;

  // The transaction: from MAIL to the end of DATA.
  bool has_sender_ = false, bad_sender_ = false;
  Buf sender_;
  Buf recipients_;  // each ended by a NUL
  uint64_t recipient_count_ = 0;
};
