// What qmail-send writes to a spawner (doc/man/qmail-lspawn.8), parsed as it comes in.
//
//   number of the delivery      4 bytes, little-endian
//   S/ID, sender, recipient     each ended by NUL
//   count of further recipients 4 bytes; then for each of them
//     number of its delivery    4 bytes
//     recipient                 ended by NUL
#pragma once
#include <vector>

#include "lib/bytes.h"

struct SpawnCommand {
  // Of a field only this much is kept, and one byte more, by which too long
  // ones are known. Addresses may be longer than those of an envelope: a virtual
  // domain's prefix stands before them, and VERP puts one into the other.
  static constexpr size_t longest_message = 100, longest_address = 4096;
  static constexpr size_t most_recipients = 100;
  static constexpr size_t most_numbers = 65535;

  struct To {
    uint32_t number = 0;
    Buf address;
  };
  Buf message, sender;
  std::vector<To> to;             // at least one
  std::vector<uint32_t> surplus;  // numbers of the recipients above most_recipients
};

// Why this recipient of the command cannot be delivered to, as a report; nothing if it can.
Str refusal(const SpawnCommand&, const SpawnCommand::To&);

// The report of a delivery that cannot be: the body is not what was accepted.
inline constexpr Str report_of_damage = "ZSorry, message is damaged. (#4.3.0)\n";

class CommandParser {
 public:
  // Takes bytes off the front of in. True: a command is complete; take it from
  // command() before the next call, which begins another.
  bool feed(Str& in);
  SpawnCommand& command() { return command_; }

 private:
  enum class State : uint8_t { number, message, sender, recipient, count, done };

  bool number(Str& in, uint32_t& value);
  static bool text(Str& in, Buf& out, size_t max);

  SpawnCommand command_;
  State state_ = State::number;
  char digits_[4] = {};
  size_t have_ = 0;  // of digits_
  std::optional<uint32_t> further_;
  SpawnCommand::To one_;
};

// The message a command names: digits, a slash, digits.
struct MessageName {
  uint64_t split, id;
};
std::optional<MessageName> parse_message_name(Str);
