// What is to be sent to a host and what is said of it, whatever the protocol.
#pragma once
#include "lib/buf.h"

struct Outgoing {
  Str helo, sender;
  std::span<const char* const> recipients;
  int message;          // descriptor; read from where it stands, once or, when it can be sought, more often
  int timeout_seconds;  // for each write, and for each reply
  enum class Then : uint8_t { quit, stay } then = Then::quit;  // after a transaction without any trouble
};

enum class SessionEnd : uint8_t {
  final,         // the report stands
  another_host,  // nothing was accepted here; another exchanger may do it
};

// The report on standard output, parts that end with NUL (doc/man/qmail-remote.8),
// with the texts that all protocols share.
class TransferReport {
 public:
  // partner is the address as it appears in texts.
  TransferReport(Str partner, Buf& parts) : partner_(partner), parts_(parts) { parts_.clear(); }
  Str partner() const { return partner_; }

  void clear() { parts_.clear(); }
  void part(char letter, std::initializer_list<Str> text);

  // "<before>PARTNER<behind>" and what it said.
  Buf with_reply(Str before, Str behind, Str said) const;

  // The connection is gone; or, once it may have the message, that too.
  enum class Loss : uint8_t { before_message, perhaps_after };
  void lost(char letter, Loss);

 private:
  Str partner_;
  Buf& parts_;
};
