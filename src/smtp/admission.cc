#include "smtp/admission.h"

#include "lib/env.h"

// Something is kept in memory for each recipient until the message has been sent:
// no file may ask for more than about 90 MB.
static constexpr uint64_t most_recipients = 100000;

Result<> read_limit(const Control& control, const char* name, uint64_t& value, uint64_t most) {
  TRY(control.number(name, value));
  if (value == 0 || value > most) value = most;
  return {};
}

Result<Admission> read_admission(const Control& control) {
  auto relayclient = env("RELAYCLIENT");
  Admission a{.relay = relayclient ? RelayPolicy::trusting() : TRY(RelayPolicy::read(control)),
              .relayclient = relayclient.value_or(Str())};
  TRY(control.number("databytes", a.databytes));
  if (auto value = env("DATABYTES")) a.databytes = take_u64(*value).value_or(0);
  TRY(read_limit(control, "maxrcpt", a.maxrcpt, most_recipients));
  return a;
}
