// Asks the name servers of this machine: a stub resolver (RFC 1123 section
// 6.1.3.1). UDP with random id and port, EDNS0 where the server knows it, TCP
// when the answer does not fit.
#pragma once
#include "dns/packet.h"
#include "lib/net.h"

// Names in text are in the form of DnsName::append_to.
enum class [[nodiscard]] DnsOutcome{
    found, no_such_name,
    no_data,    // the name exists, without records of this type
    temporary,  // no server knew in time
};

struct MxRecord {
  uint16_t preference;
  Buf target;  // "." means: takes no mail (RFC 7505)
};

class Resolver {
 public:
  static constexpr size_t most_servers = 16;

  // The server that DNSCACHEIP names (ip, ip:port or [v6]:port), else those of
  // /etc/resolv.conf, else 127.0.0.1.
  static Resolver from_system();
  static uint16_t port_of_system();  // where that asks
  // The servers of text in the form of resolv.conf(5), else 127.0.0.1.
  static Resolver from_text(Str resolv_conf);
  explicit Resolver(std::span<const Endpoint> servers);

  // What is found is appended to out, in the order of the answer. A name that
  // cannot exist (a label too long, ...) is no_such_name without asking.
  DnsOutcome lookup(const DnsQuestion&, std::vector<DnsRecord>& out, Deadline = usual()) const;

  // An address in text, bare or in brackets, stands for itself. lookup_ips
  // gives those of IPv6 first (RFC 6724 section 2.1) and is found when either is.
  DnsOutcome lookup_ip4(Str name, std::vector<Ip>& out, Deadline = usual()) const;
  DnsOutcome lookup_ip6(Str name, std::vector<Ip>& out, Deadline = usual()) const;
  DnsOutcome lookup_ips(Str name, std::vector<Ip>& out, Deadline = usual()) const;

  DnsOutcome lookup_mx(Str name, std::vector<MxRecord>& out, Deadline = usual()) const;
  DnsOutcome lookup_ptr(const Ip&, std::vector<Buf>& out, Deadline = usual()) const;
  // One element for each record, its strings joined, with any bytes in it.
  DnsOutcome lookup_txt(Str name, std::vector<Buf>& out, Deadline = usual()) const;

  std::span<const Endpoint> servers() const { return {servers_.data(), count_}; }

 private:
  Resolver() = default;
  static Deadline usual() { return Deadline::in(60); }

  std::array<Endpoint, most_servers> servers_{};
  size_t count_ = 0;
};

// "ip", "ip:port" or "[v6]:port"; the port is 53 unless given.
std::optional<Endpoint> parse_server(Str);
