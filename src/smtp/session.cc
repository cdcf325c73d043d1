#include "smtp/session.h"

#include "lib/own_ip.h"
#include "lib/time.h"
#include "mail/address.h"
#include "smtp/grammar.h"
#include "smtp/reply.h"

Result<> Session::refuse_command(Str text) {
  ++errors_;
  return reply(text);
}

Result<> Session::end(int code, Str text) {
  exit_ = code;
  TRY(reply(text));
  return out_.flush();
}

// Whoever sends before it was asked to does not listen to the answers, or wants
// two programs to see two different sessions (RFC 5321 section 4.3.1).
Result<bool> Session::spoke_early() {
  if (peer_ != Peer::network || !in_.ready()) return false;
  bool ended = TRY(in_.peek()).empty();
  if (ended) exit_ = 1;
  return !ended;
}

void Session::forget_transaction() {
  has_sender_ = bad_sender_ = false;
  sender_.clear();
  recipients_.clear();
  recipient_count_ = 0;
}

Result<> Session::helo(Str name) {
  forget_transaction();
  greeted_ = true;
  helo_.set(name);
  return out_.put({"250 ", settings_.greeting, "\r\n"});
}

Result<> Session::ehlo(Str name) {
  forget_transaction();
  greeted_ = true;
  helo_.set(name);
  return out_.put({"250-", settings_.greeting, "\r\n250-PIPELINING\r\n250-SIZE ", Num(settings_.admission.databytes),
                   "\r\n250-ENHANCEDSTATUSCODES\r\n250-HELP\r\n250 8BITMIME\r\n"});
}

bool Session::is_bad_sender() const {
  if (!settings_.badmailfrom) return false;
  if (settings_.badmailfrom->find(sender_)) return true;
  Str all = sender_;
  size_t at = all.rfind('@');
  return at != Str::npos && settings_.badmailfrom->find(slice(all, at));
}

// user@[1.2.3.4] becomes user@localiphost when the address is ours.
Result<> Session::replace_own_ip(Buf& address) const {
  if (!settings_.localiphost) return {};
  auto ip = literal_host(address);
  if (!ip) return {};
  if (!settings_.own) settings_.own = TRY(own_addresses());
  if (!is_own(*settings_.own, *ip)) return {};
  address.cut(split_address(address).local.size() + 1);
  address.append(*settings_.localiphost);
  return {};
}

Result<> Session::mail(Str argument) {
  Buf address;
  Str rest;
  switch (parse_path(argument, "FROM", address, rest)) {
    case PathError::syntax: return refuse_command(reply::mail_syntax);
    case PathError::too_long: return refuse_command(reply::address_too_long);
    case PathError::none: break;
  }
  MailParameters parameters;
  switch (parse_mail_parameters(rest, parameters)) {
    case ParameterError::syntax: return refuse_command(reply::parameter_syntax);
    case ParameterError::unknown: return refuse_command(reply::unknown_parameter);
    case ParameterError::none: break;
  }
  if (settings_.admission.databytes && parameters.size.value_or(0) > settings_.admission.databytes)
    return reply(reply::too_large);

  if (!replace_own_ip(address).ok()) return end(1, reply::no_own_ip);
  forget_transaction();
  has_sender_ = true;
  sender_ = std::move(address);
  bad_sender_ = is_bad_sender();
  return reply(reply::sender_ok);
}

Result<> Session::rcpt(Str argument) {
  cost_ -= 99;  // there may be thousands, each to be told that it cannot be served
  if (!has_sender_) return reply(reply::mail_first);
  Buf address;
  Str rest;
  switch (parse_path(argument, "TO", address, rest)) {
    case PathError::syntax: return refuse_command(reply::rcpt_syntax);
    case PathError::too_long: return refuse_command(reply::address_too_long);
    case PathError::none: break;
  }
  if (address.empty()) return refuse_command(reply::rcpt_syntax);
  if (parse_rcpt_parameters(rest) != ParameterError::none) return refuse_command(reply::unknown_parameter);
  if (bad_sender_) return reply(reply::bad_sender);
  if (!replace_own_ip(address).ok()) return end(1, reply::no_own_ip);
  auto verdict = settings_.admission.relay.judge(address);
  if (!verdict.ok()) return end(1, reply::no_controls);
  if (!verdict.take().allowed()) return reply(reply::no_relay);
  address.append(settings_.admission.relayclient);
  if (address.size() > longest_address) return reply(reply::address_too_long);

  if (recipient_count_ >= settings_.admission.maxrcpt) return reply(reply::too_many_recipients);
  address.push('\0');
  if (!recipients_.try_append(address)) return Err{ENOMEM};
  ++recipient_count_;
  --cost_;  // this one leads to a message
  return reply(reply::recipient_ok);
}

Result<> Session::data(Str) {
  if (!has_sender_) return reply(reply::mail_first);
  if (recipient_count_ == 0) return reply(reply::rcpt_first);
  if (TRY(spoke_early())) return end(1, reply::early);
  if (exit_) return {};

  QueueClient queue;
  if (!queue.open(&service_).ok()) {
    lacks_queue_ = true;
    forget_transaction();
    return reply(reply::no_queue);
  }
  TRY(reply(reply::go_ahead));
  Buf received;
  append_received(received, origin_, greeted_ ? std::optional(helo_.view()) : std::nullopt, "SMTP", now_seconds());
  queue.put(received);
  Intake intake(queue, settings_.admission.databytes);
  auto ending = receive(intake);
  if (!ending.ok()) {
    queue.fail();
    queue.close();
    return ending.error();
  }
  TRY(answer_message(ending.take(), intake.fault(), queue));
  forget_transaction();
  return {};
}

Result<Session::Ending> Session::receive(Intake& intake) {
  DataDecoder decoder(peer_ == Peer::local ? LineEnd::crlf_or_lf : LineEnd::crlf);
  for (;;) {
    Str input = TRY(in_.peek());
    if (input.empty()) return Ending::broken_off;
    size_t before = input.size();
    DataDecoder::Piece piece = decoder.next(input);
    for (; piece.event == DataDecoder::Event::text; piece = decoder.next(input)) intake.put(piece.text);
    in_.skip(before - input.size());
    if (decoder.has_forbidden_byte()) intake.forbid();
    if (piece.event == DataDecoder::Event::bare_lf) return Ending::bare_lf;
    if (piece.event == DataDecoder::Event::end) return Ending::whole;
  }
}

Result<> Session::answer_message(Ending ending, Intake::Fault fault, QueueClient& queue) {
  if (ending == Ending::whole && fault == Intake::Fault::none) {
    queue.from(sender_);
    for (Str rest = recipients_; !rest.empty();) queue.to(take_until(rest, '\0'));
  } else {
    queue.fail();
  }
  Str trouble = queue.close();

  switch (ending) {
    case Ending::whole: break;
    case Ending::bare_lf: return end(1, reply::bare_lf);
    case Ending::broken_off: exit_ = 1; return {};
  }
  switch (fault) {
    case Intake::Fault::none: break;
    case Intake::Fault::too_many_hops: return reply(reply::too_many_hops);
    case Intake::Fault::too_large: return reply(reply::too_large);
    case Intake::Fault::forbidden_byte: return reply(reply::forbidden_byte_in_data);
  }
  if (!trouble.empty()) {
    lacks_queue_ |= trouble[0] != 'D';
    Buf text;
    reply::append_queue_reply(text, trouble);
    return reply(text);
  }
  cost_ = 0;
  settings_.patience.renew();
  return out_.put({"250 2.0.0 ok ", Num(static_cast<uint64_t>(now_seconds())), " qp ",
                   Num(static_cast<uint64_t>(queue.pid())), "\r\n"});
}

Result<> Session::rset(Str) {
  forget_transaction();
  return reply(reply::flushed);
}
Result<> Session::noop(Str) { return reply(reply::ok); }
Result<> Session::help(Str) { return reply(reply::help); }
Result<> Session::vrfy(Str) { return reply(reply::vrfy); }
Result<> Session::quit(Str) {
  exit_ = 0;
  TRY(out_.put({"221 2.0.0 ", settings_.greeting, "\r\n"}));
  return out_.flush();
}

const Verb<Session::Handler> Session::verbs[] = {
    {"HELO", &Session::helo}, {"EHLO", &Session::ehlo}, {"MAIL", &Session::mail}, {"RCPT", &Session::rcpt},
    {"DATA", &Session::data}, {"RSET", &Session::rset}, {"NOOP", &Session::noop}, {"HELP", &Session::help},
    {"VRFY", &Session::vrfy}, {"QUIT", &Session::quit},
};

Result<> Session::obey(const Request& command) {
  switch (command.form) {
    case Request::Form::too_long: return refuse_command(reply::line_too_long);
    case Request::Form::forbidden_byte: return refuse_command(reply::forbidden_byte);
    case Request::Form::bare_lf: return end(1, reply::bare_lf_command);
    case Request::Form::good: break;
  }
  const auto* verb = find_verb(verbs, command.verb);
  if (!verb) return refuse_command(reply::unimplemented);
  return (this->*verb->handler)(command.argument);
}

Result<> Session::converse() {
  if (TRY(spoke_early())) return end(1, reply::early);
  if (exit_) return {};
  TRY(out_.put({"220 ", settings_.greeting, " ESMTP\r\n"}));
  while (!exit_) {
    auto command = TRY(read_command(in_, line_, peer_ == Peer::local ? LineEnd::crlf_or_lf : LineEnd::crlf));
    if (!command) {
      exit_ = 1;
      break;
    }
    cost_ += 100;
    TRY(obey(*command));
    if (exit_) break;
    if (errors_ >= settings_.maxerrors) return end(1, reply::too_many_errors);
    if (cost_ / 100 >= settings_.maxcommands) return end(1, reply::too_many_commands);
  }
  return {};
}

int Session::run() {
  auto ended = converse();
  if (ended.ok()) return *exit_;
  settings_.patience.end();  // the last words go out now or not at all
  if (ended.error().code == ETIMEDOUT && end(1, reply::timeout).ok()) return 1;
  if (ended.error().code == ENOMEM && end(1, reply::out_of_memory).ok()) return 1;
  return 1;
}
