#include "send/settings.h"

static Result<uint64_t> read_number(const Control& control, const char* name, uint64_t otherwise,
                                    Settings::Numbers numbers) {
  Buf line;
  if (!TRY(control.line(name, line))) return otherwise;
  Str digits = line;
  auto value = take_u64(digits);
  bool is_number = value && (digits.empty() || is_blank(digits[0]));  // words may follow, as ever
  if (!is_number && numbers == Settings::Numbers::strict) return Err{EINVAL};
  return value.value_or(otherwise);
}

Result<Settings> Settings::read(const Control& control, Numbers numbers, const char*& which) {
  which = "concurrencylocal";
  uint64_t local = TRY(read_number(control, which, 10, numbers));
  which = "concurrencyremote";
  uint64_t remote = TRY(read_number(control, which, 20, numbers));
  which = "queuelifetime";
  uint64_t lifetime = TRY(read_number(control, which, 604800, numbers));
  Router router = TRY(Router::read(control, which));
  Settings s = {std::move(router), {local, remote}, lifetime, {}, {}, {}, {}};
  which = "bouncefrom";
  if (!TRY(control.line(which, s.bouncefrom))) s.bouncefrom.set("MAILER-DAEMON"sv);
  which = "bouncehost";
  TRY(control.line_or_me(which, s.bouncehost, which));
  which = "doublebounceto";
  if (!TRY(control.line(which, s.doublebounceto))) s.doublebounceto.set("postmaster"sv);
  which = "doublebouncehost";
  TRY(control.line_or_me(which, s.doublebouncehost, which));
  return s;
}
