// DNS packets (RFC 1035 section 4, EDNS0: RFC 6891) without any I/O: what to ask,
// and what an answer says. Every length of an answer is checked.
#pragma once
#include <vector>

#include "dns/name.h"

enum class DnsType : uint16_t {
  a = 1,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  opt = 41,
};

struct DnsQuestion {
  DnsName name;
  DnsType type;
};

enum class Edns { off, on };

// Answers over UDP may be so long when EDNS0 offers it (the value of DNS flag
// day 2020: fits into one Ethernet frame).
inline constexpr uint16_t edns_payload = 1232;

void build_query(Buf& out, uint16_t id, const DnsQuestion&, Edns);

// One record of the asked type; which members count depends on the type.
struct DnsRecord {
  Ip ip;                    // A, AAAA
  DnsName name;             // CNAME, PTR, and the target of MX
  uint16_t preference = 0;  // MX
  Buf data;                 // TXT: its strings joined (RFC 7208 section 3.3); other types: as on the wire
};

enum class DnsAnswer {
  found,
  no_such_name,  // NXDOMAIN (RFC 2308 section 2.1)
  no_data,       // the name exists, without such records
  alias,         // the name is an alias whose target this server says nothing of: ask for it
  truncated,     // ask again over TCP
  not_ours,      // another id, another question: go on waiting
  no_edns,       // the server does not know EDNS0
  failed,        // broken, or the server cannot or will not answer
};

// What packet says to the question that was asked with id. Records of the asked
// type are appended to out, those of the name itself or, where it is an alias
// (CNAME), of what it stands for; with alias, target is set.
DnsAnswer read_answer(Str packet, uint16_t id, const DnsQuestion&, std::vector<DnsRecord>& out, DnsName& target);
