#include "send/control_request.h"

#include "mail/queue_files.h"

using Verb = ControlRequest::Verb;

static constexpr Str names[] = {"due", "retry", "hold", "release", "expire", "delete"};

Str name_of(Verb verb) { return names[static_cast<size_t>(verb)]; }

static std::optional<Verb> find_verb(Str name) {
  for (size_t i = 0; i < std::size(names); ++i)
    if (names[i] == name) return static_cast<Verb>(i);
  return {};
}

std::optional<ControlRequest> parse_control_request(Str text) {
  ControlRequest request;
  auto verb = find_verb(take_until(text, ' '));
  if (!verb) return {};
  request.verb = *verb;
  while (!text.empty()) {
    Str word = take_until(text, ' ');
    if (request.ids.empty() || *verb == Verb::due) {
      auto id = scan_id(word);
      if (!id) return {};
      request.ids.push_back(*id);
    } else {
      auto number = scan_u64(word, StateRecord::every_recipient - 1);
      if (!number || *verb == Verb::retry) return {};
      request.recipients.push_back(static_cast<uint32_t>(*number));
    }
  }
  if (request.ids.empty()) return {};
  return request;
}

StateRecord::Kind record_of(Verb verb) {
  switch (verb) {
    case Verb::hold: return StateRecord::Kind::hold;
    case Verb::release: return StateRecord::Kind::release;
    case Verb::expire: return StateRecord::Kind::expire;
    default: return StateRecord::Kind::remove;
  }
}
