// For whom mail from the network is taken: the one place that knows rcpthosts,
// morercpthosts.cdb and RELAYCLIENT (doc/man/qmail-smtpd.8).
#pragma once
#include "mail/control.h"
#include "mail/route.h"

class RelayPolicy {
 public:
  // Which rule decided, in the order in which they are asked.
  enum class Reason : uint8_t {
    refused,
    relayclient,  // this client may send to everybody
    no_host,      // an address without @ stays here
    rcpthosts,
    morercpthosts,
    locals,          // without rcpthosts: what is delivered here
    virtualdomains,  // likewise
  };
  struct Verdict {
    Reason reason;
    Str key;  // the entry that matched, valid until the next question
    bool allowed() const { return reason != Reason::refused; }
  };

  // Reads the control files; an Err when one of them cannot be.
  static Result<RelayPolicy> read(const Control&);

  // Of a client that may send to everybody.
  static RelayPolicy trusting();

  // An Err when the database cannot be read.
  Result<Verdict> judge(Str recipient);

 private:
  RelayPolicy() = default;
  bool trusted_ = false;
  std::optional<Table> rcpthosts_;
  std::optional<Cdb> more_;
  std::optional<Router> router_;  // only without rcpthosts
  Route route_;
  Buf host_;
};
