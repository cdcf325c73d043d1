#include "remote/qmtp_session.h"

#include <string.h>
#include <unistd.h>

#include "lib/time.h"
#include "mail/netstring.h"

static constexpr uint64_t longest_answer = 100000;  // more is no answer, but an attack
static constexpr size_t longest_text = 5000;        // of an answer, what is kept
static char in_space[4096], out_space[32768], body_space[32768];

size_t LinesToLf::convert(std::span<char> piece) {
  char* out = piece.data();
  for (Str in(piece.data(), piece.size()); !in.empty();) {
    if (std::exchange(after_cr_, false) && in[0] == '\n') {
      in.remove_prefix(1);
      continue;
    }
    size_t n = slice(in, 0, in.find('\r')).size();
    memmove(out, in.data(), n);
    out += n;
    in.remove_prefix(n);
    if (in.empty()) break;
    *out++ = '\n';
    in.remove_prefix(1);
    after_cr_ = true;
  }
  return static_cast<size_t>(out - piece.data());
}

namespace {

class Session {
 public:
  Session(int fd, Str partner, const Outgoing& job, Buf& report)
      : job_(job),
        report_(partner, report),
        out_(fd, out_space, timed_write, &job.timeout_seconds),
        in_(fd, in_space, nullptr, read_until, &answer_limit_),
        answers_(in_) {}
  SessionEnd run();

 private:
  template <class Use>
  Result<> each_piece(Use use);
  Result<> measure();
  Result<> send();
  Result<> send_envelope();
  Result<> settle_recipients();
  Result<> get_answer();
  SessionEnd give_up();

  const Outgoing& job_;
  TransferReport report_;
  Writer out_;
  Deadline answer_limit_ = Deadline::in(0);  // for all of an answer
  Reader in_;
  NetstringReader answers_;

  off_t start_ = -1;  // of the message in its file
  uint64_t size_ = 0;
  bool message_failed_ = false;  // it could not be read
  bool rewound_ = false;         // for another host
  bool end_sent_ = false;        // the server may have all of it
  char letter_ = 0;
  Buf answer_, first_acceptance_;
  size_t settled_ = 0, accepted_ = 0;  // recipients
};

// The message from its beginning, as it is sent. An Err: that of use.
template <class Use>
Result<> Session::each_piece(Use use) {
  LinesToLf lines;
  message_failed_ = lseek(job_.message, start_, SEEK_SET) == -1;
  while (!message_failed_) {
    ssize_t n = read(job_.message, body_space, sizeof body_space);
    if (n == 0) break;
    if (n == -1 && errno == EINTR) continue;
    message_failed_ = n == -1;
    if (n > 0) TRY(use(Str(body_space, lines.convert({body_space, static_cast<size_t>(n)}))));
  }
  if (message_failed_) return Err{EIO};
  return {};
}

Result<> Session::measure() {
  return each_piece([this](Str piece) -> Result<> {
    size_ += piece.size();
    return {};
  });
}

Result<> Session::send_envelope() {
  Buf envelope, recipients;
  envelope.append(","sv);  // of the message
  append_netstring(envelope, job_.sender);
  for (Str recipient : job_.recipients) append_netstring(recipients, recipient);
  append_netstring(envelope, recipients);
  end_sent_ = true;
  TRY(out_.put(envelope));
  return out_.flush();
}

// The message in lines that end with LF, as the LF in front says.
Result<> Session::send() {
  TRY(measure());
  TRY(out_.put({Num(size_ + 1), ":\n"}));
  uint64_t sent = 0;
  TRY(each_piece([this, &sent](Str piece) -> Result<> {
    sent += piece.size();
    return out_.put(piece);
  }));
  message_failed_ = sent != size_;
  if (message_failed_) return Err{EIO};
  return send_envelope();
}

Result<> Session::get_answer() {
  answer_limit_ = Deadline::in(job_.timeout_seconds);
  uint64_t length = TRY(answers_.begin());
  if (length == 0 || length > longest_answer) return Err{EPROTO};
  letter_ = TRY(answers_.peek())[0];
  answers_.skip(1);
  answer_.clear();
  while (answers_.left() > 0) {
    Str piece = TRY(answers_.peek());
    for (char c : piece)
      if (c != '\r' && answer_.size() < longest_text) answer_.push(c ? c : '?');
    answers_.skip(piece.size());
  }
  return answers_.end();
}

Result<> Session::settle_recipients() {
  for (; settled_ < job_.recipients.size(); ++settled_) {
    TRY(get_answer());
    switch (letter_) {
      case 'K':
        if (accepted_++ == 0) first_acceptance_.set(answer_);
        report_.part('r', {});
        break;
      case 'Z': report_.part('s', {report_.with_reply("", " does not like recipient.", answer_)}); break;
      case 'D': report_.part('h', {report_.with_reply("", " does not like recipient.", answer_)}); break;
      default: return Err{EPROTO};
    }
  }
  return {};
}

// It ended before every recipient was answered.
SessionEnd Session::give_up() {
  if (message_failed_) {
    report_.part('Z', {"Unable to read message. (#4.3.0)\n"});
    return SessionEnd::final;
  }
  using enum TransferReport::Loss;
  if (settled_ > 0) {
    for (; settled_ < job_.recipients.size(); ++settled_) report_.lost('s', perhaps_after);
    return SessionEnd::final;
  }
  report_.lost('Z', end_sent_ ? perhaps_after : before_message);
  return end_sent_ || !rewound_ ? SessionEnd::final : SessionEnd::another_host;
}

SessionEnd Session::run() {
  start_ = lseek(job_.message, 0, SEEK_CUR);
  auto sent = send();
  rewound_ = start_ == -1 || lseek(job_.message, start_, SEEK_SET) != -1;
  auto settled = sent.ok() ? settle_recipients() : sent;
  SessionEnd end = settled.ok() ? SessionEnd::final : give_up();
  if (settled_ == 0) return end;
  if (accepted_ > 0)
    report_.part('K', {report_.with_reply("", " accepted message.", first_acceptance_)});
  else
    report_.part('D', {"Giving up on ", report_.partner(), ".\n"});
  return end;
}

}  // namespace

SessionEnd qmtp_session(int fd, Str partner, const Outgoing& job, Buf& report) {
  return Session(fd, partner, job, report).run();
}
