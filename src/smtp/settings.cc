#include "smtp/settings.h"

static constexpr uint64_t longest_timeout = 1000000;  // its milliseconds fit into an int

Result<Settings> read_settings(const Control& control) {
  Settings s{.admission = TRY(read_admission(control))};
  TRY(control.line_or_me("smtpgreeting", s.greeting, ""));
  if (s.greeting.empty()) return Err{ENOENT};

  Buf localiphost;
  TRY(control.line_or_me("localiphost", localiphost, ""));
  if (!localiphost.empty()) s.localiphost.emplace(std::move(localiphost));

  uint64_t timeout = 1200;
  TRY(control.number("timeoutsmtpd", timeout));
  s.patience = Patience(static_cast<int>(timeout == 0 ? 1 : timeout < longest_timeout ? timeout : longest_timeout));

  TRY(read_limit(control, "maxerrors", s.maxerrors, UINT64_MAX));
  TRY(read_limit(control, "maxcommands", s.maxcommands, UINT64_MAX));

  s.badmailfrom = TRY(control.table("badmailfrom", Table::Form::keys));
  return s;
}
