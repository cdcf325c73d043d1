#include "mail/spawner_command.h"

#include "mail/queue_files.h"

bool CommandParser::number(Str& in, uint32_t& value) {
  while (have_ < sizeof digits_ && !in.empty()) {
    digits_[have_++] = in[0];
    in = slice(in, 1);
  }
  if (have_ < sizeof digits_) return false;
  have_ = 0;
  value = read_le<uint32_t>(Str(digits_, sizeof digits_));
  return true;
}

// Appends up to the NUL, which is dropped; true when it was there.
bool CommandParser::text(Str& in, Buf& out, size_t max) {
  size_t nul = in.find('\0');
  out.append(slice(slice(in, 0, nul), 0, max + 1 - out.size()));
  in = nul == Str::npos ? Str() : slice(in, nul + 1);
  return nul != Str::npos;
}

bool CommandParser::feed(Str& in) {
  if (state_ == State::done) {
    command_ = {};
    further_.reset();
    state_ = State::number;
  }
  for (uint32_t n; !in.empty();) switch (state_) {
      case State::number:
        if (!number(in, one_.number)) return false;
        one_.address.clear();
        state_ = further_ ? State::recipient : State::message;
        break;
      case State::message:
        if (!text(in, command_.message, SpawnCommand::longest_message)) return false;
        state_ = State::sender;
        break;
      case State::sender:
        if (!text(in, command_.sender, SpawnCommand::longest_address)) return false;
        state_ = State::recipient;
        break;
      case State::recipient:
        if (!text(in, one_.address, SpawnCommand::longest_address)) return false;
        if (command_.to.size() < SpawnCommand::most_recipients)
          command_.to.push_back(std::move(one_));
        else if (command_.surplus.size() < SpawnCommand::most_numbers)
          command_.surplus.push_back(one_.number);
        if (!further_) {
          state_ = State::count;
          break;
        }
        state_ = --*further_ ? State::number : State::done;
        if (state_ == State::done) return true;
        break;
      case State::count:
        if (!number(in, n)) return false;
        further_ = n;
        state_ = n ? State::number : State::done;
        if (state_ == State::done) return true;
        break;
      case State::done: return true;
    }
  return false;
}

Str refusal(const SpawnCommand& c, const SpawnCommand::To& to) {
  if (c.message.size() > SpawnCommand::longest_message) return "DInternal error: messid too long. (#5.3.5)\n";
  if (c.message.empty()) return "DInternal error: messid too short. (#5.3.5)\n";
  if (!parse_message_name(c.message)) return "DInternal error: messid has nonnumerics. (#5.3.5)\n";
  if (to.address.size() > SpawnCommand::longest_address || c.sender.size() > SpawnCommand::longest_address)
    return "DInternal error: address too long. (#5.3.5)\n";
  if (to.address.view().find('@') == Str::npos) return "DSorry, address must include host name. (#5.1.3)\n";
  return {};
}

std::optional<MessageName> parse_message_name(Str s) {
  size_t slash = s.find('/');
  if (slash == Str::npos) return {};
  auto split = scan_u64(slice(s, 0, slash));
  auto id = scan_id(slice(s, slash + 1));
  if (!split || !id) return {};
  return MessageName{*split, *id};
}
