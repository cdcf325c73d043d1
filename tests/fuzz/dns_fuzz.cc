// An answer from the network. The first byte says what was asked.
#include "dns/packet.h"
#include "fuzz.h"

extern const char program[];
const char program[] = "dns_fuzz";

void fuzz(Str input) {
  if (input.size() < 3) return;
  static constexpr DnsType types[] = {DnsType::a,   DnsType::aaaa, DnsType::mx,
                                      DnsType::txt, DnsType::ptr,  DnsType::cname};
  auto name = DnsName::parse("host.example");
  hold(name.has_value());
  DnsQuestion question{*name, types[static_cast<unsigned char>(input[0]) % std::size(types)]};
  Str packet = slice(input, 1, 65535);  // as long as one over TCP can be
  auto id = static_cast<uint16_t>(static_cast<unsigned char>(packet[0]) << 8 | static_cast<unsigned char>(packet[1]));
  std::vector<DnsRecord> records;
  DnsName target;
  DnsAnswer answer = read_answer(packet, id, question, records, target);
  hold(answer != DnsAnswer::found || !records.empty());
}
