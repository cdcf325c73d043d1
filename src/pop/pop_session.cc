#include "pop/pop_session.h"

#include "pop/message_text.h"

namespace reply {
static constexpr Str ok = "+OK ";
static constexpr Str syntax = "-ERR syntax error";
static constexpr Str unimplemented = "-ERR unimplemented";
static constexpr Str from_one = "-ERR messages are counted from 1";
static constexpr Str too_high = "-ERR not that many messages";
static constexpr Str deleted = "-ERR already deleted";
static constexpr Str not_opened = "-ERR unable to open that message";
static constexpr Str not_removed = "-ERR unable to unlink all deleted messages";
static constexpr Str no_memory = "-ERR out of memory";
}  // namespace reply

// The message whose number argument begins with; argument keeps what follows.
// Null: the client has been told what is wrong with it.
Result<ListedMessage*> PopSession::chosen(Str& argument) {
  auto refuse = [this](Str why) -> Result<ListedMessage*> {
    TRY(reply(why));
    return nullptr;
  };
  if (argument.empty() || !is_digit(argument[0])) return refuse(reply::syntax);
  uint64_t number = take_u64(argument).value_or(UINT64_MAX);
  if (number == 0) return refuse(reply::from_one);
  if (number > messages_.count()) return refuse(reply::too_high);
  ListedMessage& m = messages_[number - 1];
  if (m.deleted) return refuse(reply::deleted);
  return &m;
}

// The number counts those deleted too; the size does not.
Result<> PopSession::stat(Str) {
  uint64_t total = 0;
  for (size_t i = 0; i < messages_.count(); ++i)
    if (!messages_[i].deleted) total += messages_[i].size;
  return out_.put({"+OK ", Num(messages_.count()), " ", Num(total), "\r\n"});
}

Result<> PopSession::line(size_t i, Column column) {
  const ListedMessage& m = messages_[i];
  TRY(out_.put({Num(i + 1), " "}));
  TRY(column == Column::size ? out_.put(Num(m.size)) : out_.put(messages_.unique(m)));
  return out_.put("\r\n");
}

Result<> PopSession::table(Str argument, Column column) {
  if (!argument.empty()) {
    const ListedMessage* m = TRY(chosen(argument));
    if (!m) return {};
    TRY(out_.put(reply::ok));
    return line(static_cast<size_t>(m - &messages_[0]), column);
  }
  TRY(reply(reply::ok));
  for (size_t i = 0; i < messages_.count(); ++i)
    if (!messages_[i].deleted) TRY(line(i, column));
  return reply(".");
}
Result<> PopSession::list(Str argument) { return table(argument, Column::size); }
Result<> PopSession::uidl(Str argument) { return table(argument, Column::unique); }

Result<> PopSession::dele(Str argument) {
  ListedMessage* m = TRY(chosen(argument));
  if (!m) return {};
  m->deleted = true;
  auto number = static_cast<size_t>(m - &messages_[0]) + 1;
  if (number > last_) last_ = number;
  return reply(reply::ok);
}

Result<> PopSession::rset(Str) {
  for (size_t i = 0; i < messages_.count(); ++i) messages_[i].deleted = false;
  last_ = 0;
  return reply(reply::ok);
}
Result<> PopSession::last(Str) { return out_.put({"+OK ", Num(last_), "\r\n"}); }
Result<> PopSession::noop(Str) { return reply(reply::ok); }
Result<> PopSession::unknown(Str) { return reply(reply::unimplemented); }

// RETR and TOP: a number behind that of the message is how many lines of the body.
Result<> PopSession::retr(Str argument) {
  ListedMessage* m = TRY(chosen(argument));
  if (!m) return {};
  argument = trim_left(argument);
  auto opened = messages_.open(*m);
  if (!opened.ok()) return reply(reply::not_opened);
  Fd file = opened.take();
  TRY(reply(reply::ok));
  std::optional<uint64_t> lines;
  if (!argument.empty() && is_digit(argument[0])) lines = take_u64(argument).value_or(UINT64_MAX);
  return send(file.get(), lines);
}

// A file that cannot be read to its end must not look like a whole message: then
// the error goes up, and the session ends without the dot.
Result<> PopSession::send(int fd, std::optional<uint64_t> body_lines) {
  static char space[65536];
  MessageText text(out_, body_lines);
  for (;;) {
    ssize_t n = read(fd, space, sizeof space);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) return Err::last();
    if (n == 0 || !TRY(text.put(Str(space, static_cast<size_t>(n))))) return text.end();
  }
}

// What the client was told is deleted does not come back with a power cut.
Result<> PopSession::remove_deleted() {
  bool removed = false;
  for (size_t i = 0; i < messages_.count(); ++i) {
    ListedMessage& m = messages_[i];
    if (!m.deleted) continue;
    if (messages_.remove(m).ok())
      removed = true;
    else
      TRY(reply(reply::not_removed));
  }
  if (removed && (!sync_directory("new").ok() || !sync_directory("cur").ok())) return reply(reply::not_removed);
  return {};
}

Result<> PopSession::quit(Str) {
  over_ = true;
  // A client that does not hear the replies has asked for this all the same.
  auto told = remove_deleted();
  for (size_t i = 0; i < messages_.count(); ++i)
    if (!messages_[i].deleted) (void)messages_.move_to_cur(messages_[i]);
  TRY(told);
  TRY(reply(reply::ok));
  return out_.flush();
}

const Verb<PopSession::Handler> PopSession::verbs[] = {
    {"QUIT", &PopSession::quit}, {"STAT", &PopSession::stat}, {"LIST", &PopSession::list}, {"UIDL", &PopSession::uidl},
    {"DELE", &PopSession::dele}, {"RETR", &PopSession::retr}, {"RSET", &PopSession::rset}, {"LAST", &PopSession::last},
    {"TOP", &PopSession::retr},  {"NOOP", &PopSession::noop},
};

Result<> PopSession::converse() {
  TRY(reply(reply::ok));
  while (!over_) {
    auto command = TRY(read_command(in_, line_, LineEnd::crlf_or_lf));
    if (!command) return {};
    if (command->form != Request::Form::good) {
      TRY(reply(reply::syntax));
      continue;
    }
    const auto* verb = find_verb(verbs, command->verb);
    TRY((this->*(verb ? verb->handler : &PopSession::unknown))(command->argument));
  }
  return {};
}

void PopSession::run() {
  auto ended = converse();
  if (!ended.ok() && ended.error().code == ENOMEM && reply(reply::no_memory).ok()) (void)out_.flush();
}
