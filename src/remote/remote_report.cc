#include "remote/remote_report.h"

static constexpr Str letters = "DZK";  // from worst to best
static std::optional<int> value_of(Str part) {
  size_t at = part.empty() ? Str::npos : letters.find(part[0]);
  if (at == Str::npos) return {};
  return static_cast<int>(at);
}

RemoteVerdict remote_verdict(Str output, size_t i, size_t n) {
  // own: this recipient's part; message: the first of K, Z or D, at place `place`.
  Str own, message, behind;
  size_t place = 0;
  bool found = false, have_own = false;
  for (Str rest = output; !rest.empty() && !found; ++place) {
    message = take_until(rest, '\0');
    found = value_of(message).has_value();
    if (!found && place == i) {
      own = message;
      have_own = true;
    }
    if (found) behind = take_until(rest, '\0');
    if (found) break;
  }
  int result = found ? *value_of(message) : 0;
  if (!found) message = {};

  // Without a part of its own the message's stands for the recipient's.
  if (!have_own)
    own = message;
  else
    behind = place <= n ? message : Str();

  int value = result;
  if (slice(own, 0, 1) == "s") value = 1;
  if (slice(own, 0, 1) == "h") value = 0;
  RemoteVerdict v = {letters[static_cast<size_t>(value)], {slice(own, 1), Str()}};
  if (result <= value && value_of(behind)) v.text[1] = slice(behind, 1);
  return v;
}
