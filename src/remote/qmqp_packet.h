// What a client of QMQP sends: one netstring that holds those of the message, of
// its sender and of each recipient.
#pragma once
#include "lib/buf.h"
#include "lib/sys.h"

// Gathered in memory, in a file without a name: its length goes first, and it
// may have to be sent to one server after another.
class QmqpPacket {
 public:
  enum class Trouble : uint8_t {
    none,
    cannot_read,
    no_memory,
    bad_envelope,
    address_too_long,  // above longest_address
    too_long,          // for every server
  };

  // Reads message and envelope, as qmail-queue gets them, to their ends.
  Trouble gather(int message, int envelope);

  uint64_t size() const { return head_.size() + text_size_ + tail_size_ + 1; }

  // Bytes of the packet from `at` on, at most as many as there is space for; 0
  // behind its end.
  Result<size_t> read(uint64_t at, std::span<char> space) const;

 private:
  Trouble gather_message(int fd);
  Trouble gather_envelope(int fd);
  Trouble store(Str);

  Buf head_;                                // lengths of all and of the message
  Fd file_;                                 // the message and what comes behind it
  uint64_t text_size_ = 0, tail_size_ = 0;  // of them
};
