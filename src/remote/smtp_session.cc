#include "remote/smtp_session.h"

#include <unistd.h>

#include "lib/time.h"
#include "mail/address.h"
#include "remote/smtp_body.h"

static constexpr size_t longest_text = 5000;     // of a reply, what is kept
static constexpr size_t longest_reply = 100000;  // more is no reply, but an attack

static constexpr size_t body_piece = 32768;
static char in_space[4096], out_space[8192], body_space[body_piece], wire_space[SmtpBody::room_for(body_piece) + 8];

bool fits_into_command(Str address) {
  Address a = split_address(address);
  Str plain = a.has_host ? a.host : address;  // goes out unquoted
  for (char c : address)
    if (static_cast<unsigned char>(c) < ' ' || c == 127) return false;
  return plain.find_first_of(" <>\"\\") == Str::npos;
}

bool offers(Str reply, Str keyword) {
  take_until(reply, '\n');  // the host's name
  while (!reply.empty()) {
    Str line = slice(take_until(reply, '\n'), 4);
    if (same_nocase(take_until(line, ' '), keyword)) return true;
  }
  return false;
}

namespace {

class Session {
 public:
  Session(SmtpConnection& c, const Outgoing& job, Buf& report)
      : connection_(c),
        job_(job),
        report_(c.partner, report),
        out_(c.fd.get(), out_space, timed_write, &job.timeout_seconds),
        in_(c.fd.get(), in_space, &out_, read_until, &reply_limit_),
        went_on_(std::exchange(c.can_go_on, false)),
        pipelining_(c.pipelining) {}
  SessionEnd run();

 private:
  Result<SessionEnd> talk();
  Result<> say_hello();
  Result<SessionEnd> send_envelope();
  Result<> settle_recipients();
  Result<SessionEnd> leave_without_data();
  Result<SessionEnd> send_message();
  Result<bool> send_body();

  Result<> command(std::initializer_list<Str> parts);
  Result<> put_sender();
  Result<> put_recipient(Str);
  enum class Good : uint8_t { done = 2, go_ahead = 3 };  // first digit of the replies that say so
  Result<> get_reply(Good = Good::done);
  Result<> get_envelope_reply(Good = Good::done);
  bool measure_body();

  Buf with_reply(Str before, Str behind) const { return report_.with_reply(before, behind, reply_); }
  SessionEnd verdict(char letter, Str before, Str behind, SessionEnd = SessionEnd::final);
  char letter_of_failure() const { return code_ >= 500 ? 'D' : 'Z'; }
  void cannot_read() { report_.part('Z', {"Unable to read message. (#4.3.0)\n"}); }
  void quit();
  SessionEnd lost(Err);

  SmtpConnection& connection_;
  const Outgoing& job_;
  TransferReport report_;
  Writer out_;
  Reader in_;
  Deadline reply_limit_ = Deadline::in(0);  // for all of a reply

  Buf reply_;  // as received, without CR, cut
  unsigned code_ = 0;
  const bool went_on_;     // this is not its first transaction
  bool pipelining_;        // is it used?
  off_t body_start_ = -1;  // -1: the message can be read only once
  bool body_was_read_ = false;
  uint64_t body_size_ = 0;
  bool body_has_8bit_ = false;
  size_t accepted_ = 0;  // recipients
  bool body_begun_ = false, dot_sent_ = false;
};

SessionEnd Session::verdict(char letter, Str before, Str behind, SessionEnd end) {
  report_.part(letter, {with_reply(before, behind)});
  quit();
  return end;
}

// The answer is of no interest.
void Session::quit() { command({"QUIT\r\n"}).ok() && out_.flush().ok(); }

SessionEnd Session::lost(Err why) {
  using enum TransferReport::Loss;
  report_.lost('Z', dot_sent_ ? perhaps_after : before_message);
  bool readable_again = !body_was_read_ || body_start_ != -1;
  bool cheap = why.code != ETIMEDOUT || !connection_.greeted ||
               (went_on_ && !body_begun_);  // not after a long wait in mid-transaction
  return !dot_sent_ && readable_again && cheap ? SessionEnd::another_host : SessionEnd::final;
}

Result<> Session::command(std::initializer_list<Str> parts) { return out_.put(parts); }

// Reads one reply. What does not begin with a code counts as a temporary refusal, and
// so does one that says yes to something else: the server answers another command.
Result<> Session::get_reply(Good good) {
  reply_limit_ = Deadline::in(job_.timeout_seconds);
  reply_.clear();
  size_t total = 0;
  for (bool first = true, more = true; more; first = false) {
    char head[4] = {};
    for (size_t n = 0;;) {
      Str ready = TRY(in_.peek());
      if (ready.empty()) return Err{ECONNRESET};
      char c = ready[0];
      in_.skip(1);
      if (++total > longest_reply) return Err{EPROTO};
      if (n < sizeof head) head[n++] = c;
      if (c != '\r' && reply_.size() < longest_text) reply_.push(c ? c : '?');
      if (c == '\n') break;
    }
    more = head[3] == '-';
    if (!first) continue;
    auto code = scan_u64(Str(head, 3));
    bool answers = code && *code < 600 && (*code >= 400 || *code / 100 == static_cast<unsigned>(good));
    code_ = answers ? static_cast<unsigned>(*code) : 450;
  }
  return {};
}

// Those before the body. Some servers limit the messages of a connection, by a
// code of their own choice.
Result<> Session::get_envelope_reply(Good good) {
  TRY(get_reply(good));
  if (went_on_ && code_ >= 400) return Err{ECONNRESET};
  return {};
}

// EHLO, without which there are no extensions; then HELO, for servers of old.
Result<> Session::say_hello() {
  TRY(command({"EHLO ", job_.helo, "\r\n"}));
  TRY(get_reply());
  if (code_ == 250) {
    connection_.pipelining = pipelining_ = offers(reply_, "PIPELINING");
    connection_.size = offers(reply_, "SIZE");
    connection_.eight_bit = offers(reply_, "8BITMIME");
    return {};
  }
  TRY(command({"HELO ", job_.helo, "\r\n"}));
  return get_reply();
}

// How long the message will be (line ends as CRLF), and whether it needs 8 bits.
// False: it cannot be read, or not from its beginning again.
bool Session::measure_body() {
  char last = 0;
  body_was_read_ = true;
  for (ssize_t n; (n = read(job_.message, body_space, body_piece)) != 0;) {
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) return false;
    for (ssize_t i = 0; i < n; ++i) {
      char c = body_space[i];
      bool ends = c == '\r' || (c == '\n' && last != '\r');
      body_size_ += ends ? 2 : c != '\n';
      body_has_8bit_ |= (c & 0x80) != 0;
      last = c;
    }
  }
  return lseek(job_.message, body_start_, SEEK_SET) != -1;
}

Result<> Session::put_sender() {
  Buf line;
  line.set("MAIL FROM:<"sv);
  append_quoted(line, job_.sender);
  line.push('>');
  if (connection_.size && body_size_) line.add(" SIZE="sv, Num(body_size_));
  if (connection_.eight_bit && body_has_8bit_) line.add(" BODY=8BITMIME"sv);
  return command({line, "\r\n"});
}

Result<> Session::put_recipient(Str recipient) {
  Buf line;
  line.set("RCPT TO:<"sv);
  append_quoted(line, recipient);
  return command({line, ">\r\n"});
}

// The replies to RCPT, each a part of the report.
Result<> Session::settle_recipients() {
  for (Str recipient : job_.recipients) {
    if (!fits_into_command(recipient)) {
      report_.part('h', {"Sorry, that address cannot be written in SMTP. (#5.1.3)\n"});
      continue;
    }
    if (!pipelining_) TRY(put_recipient(recipient));
    TRY(get_envelope_reply());
    if (code_ < 400) {
      ++accepted_;
      report_.part('r', {});
    } else {
      report_.part(code_ >= 500 ? 'h' : 's', {with_reply("", " does not like recipient.")});
    }
  }
  return {};
}

// Nobody is there to send to; but with pipelining DATA is on its way, and when
// the server took it, an empty message ends it (RFC 2920 section 3.1).
Result<SessionEnd> Session::leave_without_data() {
  if (pipelining_) {
    auto reply = get_reply(Good::go_ahead);
    if (reply.ok() && code_ < 400 && command({".\r\n"}).ok()) reply = get_reply();
    if (!reply.ok()) return SessionEnd::final;
  }
  quit();
  return SessionEnd::final;
}

Result<SessionEnd> Session::send_envelope() {
  if (body_start_ != -1 && (connection_.size || connection_.eight_bit) && !measure_body()) {
    cannot_read();
    quit();
    return SessionEnd::final;
  }
  TRY(put_sender());
  if (pipelining_) {
    bool any = false;
    for (Str recipient : job_.recipients)
      if (fits_into_command(recipient)) {
        any = true;
        TRY(put_recipient(recipient));
      }
    if (any) TRY(command({"DATA\r\n"}));
    if (!any) pipelining_ = false;
  }

  TRY(get_envelope_reply());
  if (code_ >= 400) {
    Buf text = with_reply("Connected to ", " but sender was rejected.");
    char letter = letter_of_failure();
    // The other replies are awaited, for a decent end, but change nothing.
    if (pipelining_ && settle_recipients().ok() && accepted_ == 0) leave_without_data().ok();
    if (!pipelining_) quit();
    report_.clear();
    report_.part(letter, {text});
    return SessionEnd::final;
  }

  TRY(settle_recipients());
  if (accepted_ == 0) {
    report_.part('D', {"Giving up on ", report_.partner(), ".\n"});
    return leave_without_data();
  }
  if (!pipelining_) TRY(command({"DATA\r\n"}));
  TRY(get_envelope_reply(Good::go_ahead));
  if (code_ >= 400) return verdict(letter_of_failure(), "", " failed on DATA command.");
  return send_message();
}

// False: the body could not be read or has no end, or was refused before its end, and the
// report says so; the server has not seen an end of the message then.
Result<bool> Session::send_body() {
  SmtpBody body;
  size_t ready = 0;  // of wire_space, not sent yet: the last piece goes out with the dot
  body_was_read_ = body_begun_ = true;
  for (;;) {
    ssize_t n = read(job_.message, body_space, body_piece);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) {
      cannot_read();
      return false;
    }
    if (n == 0) break;
    TRY(write_all(connection_.fd.get(), Str(wire_space, ready), timed_write, &job_.timeout_seconds));
    ready = body.encode(Str(body_space, static_cast<size_t>(n)), wire_space);
  }
  ready += body.finish(wire_space + ready);
  if (!body.complete()) {
    report_.part('D', {"SMTP cannot transfer messages with partial final lines. (#5.6.2)\n"});
    return false;
  }
  if (in_.ready()) {  // whatever it is, it is no answer to the message
    TRY(get_envelope_reply());
    if (code_ < 400) return Err{EPROTO};
    verdict(letter_of_failure(), "", " failed after I sent the message.");
    return false;
  }
  for (char c : ".\r\n"sv) wire_space[ready++] = c;
  dot_sent_ = true;  // from here on the message may have been accepted
  TRY(write_all(connection_.fd.get(), Str(wire_space, ready), timed_write, &job_.timeout_seconds));
  return true;
}

Result<SessionEnd> Session::send_message() {
  if (!TRY(send_body())) return SessionEnd::final;
  TRY(get_reply());
  if (code_ >= 400) return verdict(letter_of_failure(), "", " failed after I sent the message.");
  connection_.can_go_on =
      job_.then == Outgoing::Then::stay && accepted_ == job_.recipients.size() && in_.buffered().empty();
  if (!connection_.can_go_on) return verdict('K', "", " accepted message.");
  report_.part('K', {with_reply("", " accepted message.")});
  return SessionEnd::final;
}

Result<SessionEnd> Session::talk() {
  if (!connection_.greeted) {
    TRY(get_reply());
    connection_.greeted = true;
    if (code_ != 220) return verdict('Z', "Connected to ", " but greeting failed.", SessionEnd::another_host);
    TRY(say_hello());
    if (code_ != 250) return verdict('Z', "Connected to ", " but my name was rejected.");
  } else if (in_.ready()) {
    return Err{ECONNRESET};  // nothing was asked: it has ended, or is about to
  }
  if (!fits_into_command(job_.sender)) {
    report_.part('D', {"Sorry, the sender's address cannot be written in SMTP. (#5.1.7)\n"});
    quit();
    return SessionEnd::final;
  }
  return send_envelope();
}

SessionEnd Session::run() {
  body_start_ = lseek(job_.message, 0, SEEK_CUR);
  auto end = talk();
  if (body_start_ != -1 && lseek(job_.message, body_start_, SEEK_SET) == -1) body_start_ = -1;
  return end.ok() ? end.take() : lost(end.error());
}

}  // namespace

SessionEnd smtp_session(SmtpConnection& c, const Outgoing& job, Buf& report) { return Session(c, job, report).run(); }

// The answer is of no interest.
void smtp_quit(SmtpConnection& c, int timeout_seconds) {
  write_all(c.fd.get(), "QUIT\r\n", timed_write, &timeout_seconds).ok();
  c.can_go_on = false;
}
