#include "smtp/settings.h"

#include "lib/env.h"

// Recipients of a message are kept in memory until it has been sent: no file may
// ask for more than about 90 MB.
static constexpr uint64_t most_recipients = 100000;
static constexpr uint64_t longest_timeout = 1000000;  // its milliseconds fit into an int

// A limit of how many: 0 asks for as many as there may be at all.
static Result<> read_limit(const Control& control, const char* name, uint64_t& value, uint64_t most) {
  TRY(control.number(name, value));
  if (value == 0 || value > most) value = most;
  return {};
}

Result<Settings> read_settings(const Control& control) {
  auto relayclient = env("RELAYCLIENT");
  Settings s{.relay = relayclient ? RelayPolicy::trusting() : TRY(RelayPolicy::read(control)),
             .relayclient = relayclient.value_or(Str())};
  TRY(control.line_or_me("smtpgreeting", s.greeting, ""));
  if (s.greeting.empty()) return Err{ENOENT};

  Buf localiphost;
  TRY(control.line_or_me("localiphost", localiphost, ""));
  if (!localiphost.empty()) s.localiphost.emplace(std::move(localiphost));

  uint64_t timeout = static_cast<uint64_t>(s.timeout);
  TRY(control.number("timeoutsmtpd", timeout));
  s.timeout = static_cast<int>(timeout == 0 ? 1 : timeout < longest_timeout ? timeout : longest_timeout);

  TRY(control.number("databytes", s.databytes));
  if (auto value = env("DATABYTES")) s.databytes = take_u64(*value).value_or(0);
  TRY(read_limit(control, "maxrcpt", s.maxrcpt, most_recipients));
  TRY(read_limit(control, "maxerrors", s.maxerrors, UINT64_MAX));
  TRY(read_limit(control, "maxcommands", s.maxcommands, UINT64_MAX));

  s.badmailfrom = TRY(control.table("badmailfrom", Table::Form::keys));
  return s;
}
