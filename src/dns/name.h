// A domain name in the form of the wire (RFC 1035 section 3.1), as a value.
#pragma once
#include "lib/ip.h"

class DnsName {
 public:
  // Of text: labels with dots between, a dot at the end is let pass; "" and "."
  // are the root. \ooo (octal) is any byte, \c is c. Nothing when a label is
  // empty or longer than 63 bytes, or the whole longer than 255.
  static std::optional<DnsName> parse(Str text);

  // The name whose PTR records name ip (RFC 1035 section 3.5, RFC 3596 section 2.5).
  static DnsName reverse(const Ip& ip);

  // The bytes of ip, of IPv6 its nibbles, last first, each with a dot behind it:
  // what stands in front of in-addr.arpa, or of the name of a list (RFC 5782).
  static void append_reversed(Buf& out, const Ip& ip);

  // The name at offset at of a packet, compressed (RFC 1035 section 4.1.4) or
  // not; at is moved behind it. Nothing, and at unchanged, when it is broken:
  // every pointer must point further back than all before it.
  static std::optional<DnsName> read(Str packet, size_t& at);

  // Letters in lower case; bytes outside a-z 0-9 - _ as \ooo; labels with dots
  // between and no dot at the end. The root is ".".
  void append_to(Buf& out) const;

  Str wire() const { return {wire_, size_}; }
  bool is_root() const { return size_ == 1; }
  bool operator==(const DnsName& other) const;  // whatever the case of letters (RFC 4343)

 private:
  [[nodiscard]] bool append_label(Str label);  // in front of the root's empty label

  char wire_[255] = {};
  uint8_t size_ = 1;
};
