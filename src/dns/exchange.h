// One question put to name servers: datagrams, patience, TCP where an answer does
// not fit. Never waits itself, so that several can be on their way at once.
#pragma once
#include "dns/packet.h"
#include "lib/net.h"

class Exchange {
 public:
  // Asks one server after the other, in several rounds with growing patience,
  // until one gives a definite answer. servers must live as long as this does.
  Exchange(std::span<const Endpoint> servers, const DnsQuestion&, Deadline);

  // While it is not done: wait for events on fd, for so many milliseconds at the
  // most, then go on with what poll(2) saw there, 0 for nothing.
  bool done() const { return transport_ == Transport::none; }
  int fd() const { return fd_.get(); }
  short events() const;
  int milliseconds() const { return patience_.milliseconds(); }
  void go_on(short seen);

  // When it is done: found, no_such_name, no_data, alias (then target is set), or
  // failed: no server said any of these before the deadline or the last round.
  DnsAnswer answer() const { return answer_; }
  const DnsName& target() const { return target_; }
  std::vector<DnsRecord> take_records() { return std::move(records_); }

 private:
  enum class Transport : uint8_t { none, udp, tcp_connecting, tcp };

  void ask();       // the server whose turn it is, or the first behind it that can be asked
  void ask_next();  // whoever comes behind it
  void finish(DnsAnswer);
  Result<> start_udp();
  Result<> start_tcp();
  Result<> send_tcp();
  Result<> receive_udp();
  Result<> receive_tcp();
  Result<> read_packet(Str packet);

  std::span<const Endpoint> servers_;
  DnsQuestion question_;
  Deadline limit_, patience_;  // of all, and of the server being asked
  size_t round_ = 0, server_ = 0;
  Edns edns_ = Edns::on;
  uint16_t id_ = 0;
  Transport transport_ = Transport::none;
  Fd fd_;
  Buf packet_;  // what TCP has brought so far
  DnsAnswer answer_ = DnsAnswer::failed;
  std::vector<DnsRecord> records_;
  DnsName target_;
};
