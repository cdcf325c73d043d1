#include "queue/choice.h"

#include "lib/glob.h"
#include "mail/address.h"
#include "mail/queue_files.h"

using Command = Choice::Command;

static constexpr Str names[] = {"list", "show", "hold", "release", "retry", "expire", "delete"};

Str name_of(Command command) { return names[static_cast<size_t>(command)]; }

static bool parse_command(Str name, Command& out) {
  for (size_t i = 0; i < std::size(names); ++i)
    if (names[i] == name) {
      out = static_cast<Command>(i);
      return true;
    }
  return false;
}

std::optional<int64_t> scan_age(Str s) {
  auto number = take_u64(s);
  if (!number || s.size() > 1) return {};
  uint64_t unit = 1;
  if (!s.empty()) switch (s[0]) {
      case 's': break;
      case 'm': unit = 60; break;
      case 'h': unit = 3600; break;
      case 'd': unit = 86400; break;
      case 'w': unit = 604800; break;
      default: return {};
    }
  uint64_t seconds;
  if (__builtin_mul_overflow(*number, unit, &seconds) || seconds > uint64_t{1} << 40) return {};
  return static_cast<int64_t>(seconds);
}

// "--name value" or "--name=value": the value, or nothing when there is none.
static std::optional<Str> take_value(Str& option, int count, char** arguments, int& at) {
  if (size_t equals = option.find('='); equals != Str::npos) {
    Str value = slice(option, equals + 1);
    option = slice(option, 0, equals);
    return value;
  }
  if (at + 1 >= count) return {};
  return Str(arguments[++at]);
}

static bool parse_option(Choice& choice, Str option, int count, char** arguments, int& at) {
  if (option == "--json") return choice.json = true;
  if (option == "--held") return choice.held = true;
  if (option == "--all") return choice.all = true;
  auto value = take_value(option, count, arguments, at);
  if (!value) return false;
  if (option == "--sender") {
    choice.senders.push_back(*value);
  } else if (option == "--recipient") {
    choice.recipients.push_back(*value);
  } else if (option == "--host") {
    choice.hosts.push_back(*value);
  } else if (option == "--older") {
    return (choice.older = scan_age(*value)).has_value();
  } else if (option == "--newer") {
    return (choice.newer = scan_age(*value)).has_value();
  } else {
    return false;
  }
  return true;
}

std::optional<Choice> parse_choice(int count, char** arguments) {
  Choice choice;
  bool have_command = false, have_options = true;
  for (int at = 0; at < count; ++at) {
    Str argument = arguments[at];
    if (have_options && argument == "--") {
      have_options = false;
    } else if (have_options && argument.starts_with("-")) {
      if (!parse_option(choice, argument, count, arguments, at)) return {};
    } else if (!have_command) {
      if (!parse_command(argument, choice.command)) return {};
      have_command = true;
    } else {
      auto id = scan_id(argument.starts_with("#") ? slice(argument, 1) : argument);
      if (!id) return {};
      choice.ids.push_back(*id);
    }
  }
  if (!have_command || (choice.is_action() && !choice.chooses_anything())) return {};
  return choice;
}

static bool matches_any(const std::vector<Str>& patterns, Str s) {
  for (Str p : patterns)
    if (matches_glob(p, s)) return true;
  return patterns.empty();
}

// As in control files, a dot in front stands for all hosts below.
static bool matches_host(const std::vector<Str>& patterns, Str host) {
  for (Str p : patterns)
    if (p.starts_with(".") ? host.size() > p.size() && same_nocase(slice(host, host.size() - p.size()), p)
                           : matches_glob(p, host))
      return true;
  return patterns.empty();
}

bool matches_sender(const Choice& c, Str sender) { return matches_any(c.senders, sender); }

bool matches_age(const Choice& c, int64_t arrival, int64_t now) {
  return (!c.older || now - arrival >= *c.older) && (!c.newer || now - arrival <= *c.newer);
}

bool matches_recipient(const Choice& c, Str address, bool on_hold) {
  return (!c.held || on_hold) && matches_any(c.recipients, address) &&
         matches_host(c.hosts, split_address(address).host);
}
