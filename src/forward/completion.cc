#include "forward/completion.h"

#include "lib/env.h"
#include "mail/instance.h"

Result<AddressRules> read_rules(Environment environment) {
  Control control = TRY(Control::open(instance_root()));
  auto host = [&](const char* variable, const char* name, Buf& out) -> Result<> {
    auto value = environment == Environment::counts ? env(variable) : std::nullopt;
    if (!value) return control.line_or_me(name, out, "me");
    out.set(*value);
    return {};
  };
  Buf defaulthost, defaultdomain, plusdomain;
  TRY(host("QMAILDEFAULTHOST", "defaulthost", defaulthost));
  TRY(host("QMAILDEFAULTDOMAIN", "defaultdomain", defaultdomain));
  TRY(host("QMAILPLUSDOMAIN", "plusdomain", plusdomain));
  return AddressRules::make(defaulthost, defaultdomain, plusdomain);
}
