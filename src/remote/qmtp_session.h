// One message over a connection to a QMTP server, and the report of it that
// qmail-rspawn reads.
#pragma once
#include "lib/io.h"
#include "remote/transfer.h"

// partner is the address as it appears in texts. report is set, in each case:
// parts ended by NUL (doc/man/qmail-remote.8). The message must be one that can
// be read again: its length goes first. The connection is to be closed then.
SessionEnd qmtp_session(int fd, Str partner, const Outgoing&, Buf& report);

// Line ends as SMTP would have carried them (remote/smtp_body.h), for QMTP: CR LF,
// and CR alone, become LF. A piece at a time, in place; returns the new length.
class LinesToLf {
 public:
  size_t convert(std::span<char> piece);

 private:
  bool after_cr_ = false;  // its LF has been written
};
