// What the command line of qmail-qctl says.
#pragma once
#include <vector>

#include "lib/str.h"

struct Choice {
  enum class Command : uint8_t { list, show, hold, release, retry, expire, remove };
  Command command = Command::list;
  std::vector<uint64_t> ids;
  // Of each kind, one of these must match.
  std::vector<Str> senders, recipients, hosts;
  std::optional<int64_t> older, newer;  // seconds since the arrival
  bool held = false;                    // only recipients on hold
  bool all = false;
  bool json = false;

  bool is_action() const { return command > Command::show; }
  // Only some recipients of a message may be meant.
  bool chooses_recipients() const { return !recipients.empty() || !hosts.empty() || held; }
  bool chooses_anything() const {
    return all || !ids.empty() || chooses_recipients() || !senders.empty() || older || newer;
  }
};

// Arguments behind the program's name; nothing: they are wrong.
std::optional<Choice> parse_choice(int count, char** arguments);

// 90, 90s, 15m, 6h, 7d or 2w as seconds.
std::optional<int64_t> scan_age(Str);

bool matches_sender(const Choice&, Str sender);
bool matches_age(const Choice&, int64_t arrival, int64_t now);
bool matches_recipient(const Choice&, Str address, bool on_hold);

Str name_of(Choice::Command);
