// Lists of addresses in the DNS (RFC 5782), and what they say about one.
#pragma once
#include <vector>

#include "dns/lookups.h"

struct Blocklist {
  enum class Kind : uint8_t { blocks, allows } kind;
  Str base;
};

// What happens when a list cannot be asked now: mail comes in, or it waits.
enum class WhenUnknown : uint8_t { let_in, defer };

struct Judgement {
  enum class Kind : uint8_t { allowed, blocked, deferred } kind = Kind::allowed;
  bool certain = true;  // no list failed to answer before this was found
  Buf text{};           // why, of the list that blocks
};

// The question about ip for a list. Nothing when its base is no domain name.
std::optional<DnsQuestion> question_about(const Ip& ip, const Blocklist&);

// All lists are asked at once; the first in order that knows something decides. A
// list blocks by a TXT record that is not empty, and allows by an A record.
Judgement ask_lists(std::span<const DnsQuestion>, const Resolver&, Deadline, WhenUnknown);
