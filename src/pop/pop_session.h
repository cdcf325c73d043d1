// One POP3 session behind the login, from its first reply to its end (RFC 1939,
// doc/man/qmail-pop3d.8). The working directory is the Maildir.
#pragma once
#include "mail/commands.h"
#include "pop/message_list.h"

class PopSession {
 public:
  // The Writer is tied to the Reader: replies leave before the next wait.
  PopSession(MessageList& messages, Reader& in, Writer& out) : messages_(messages), in_(in), out_(out) {}

  // Until QUIT, or until the connection ends: then nothing is deleted or moved.
  void run();

 private:
  using Handler = Result<> (PopSession::*)(Str argument);
  static const Verb<Handler> verbs[];

  Result<> quit(Str), stat(Str), list(Str), uidl(Str), dele(Str);
  Result<> retr(Str), rset(Str), last(Str), noop(Str), unknown(Str);

  enum class Column : uint8_t { size, unique };
  Result<> table(Str argument, Column);
  Result<> line(size_t index, Column);
  Result<ListedMessage*> chosen(Str& argument);
  Result<> send(int fd, std::optional<uint64_t> body_lines);
  Result<> remove_deleted();

  Result<> reply(Str text) { return out_.put({text, "\r\n"}); }
  Result<> converse();

  MessageList& messages_;
  Reader& in_;
  Writer& out_;
  Buf line_;
  size_t last_ = 0;  // the highest number deleted
  bool over_ = false;
};
