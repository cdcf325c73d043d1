// How addresses that people write are completed: the rules of qmail-header(5),
// and the control files they take hosts from.
#pragma once
#include "mail/control.h"
#include "mail/rfc822.h"

class AddressRules {
 public:
  // The texts as they stand in control/defaulthost, defaultdomain and plusdomain.
  // EPROTO: one of them is malformed.
  static Result<AddressRules> make(Str defaulthost, Str defaultdomain, Str plusdomain);

  // Without a source route and the last dot; with a host, whose + stands for
  // .plusdomain, and with a domain. Empty addresses and those that end with @[] stay as
  // they are. The new tokens point into this object.
  void complete(std::vector<Token>& address) const;

 private:
  AddressRules(Tokens host, Tokens domain, Tokens plus)
      : host_(std::move(host)), domain_(std::move(domain)), plus_(std::move(plus)) {}
  Tokens host_, domain_, plus_;  // with the @ or dot that joins them to an address
};

// The host in $variable, else in control/name, else in control/me, else the name
// itself. variable null: the environment does not count. No control: no such
// files.
Result<> read_host(const Control*, const char* variable, const char* name, Buf& out);
