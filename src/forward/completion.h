// The rules by which addresses in .forward, aliases and lists are completed.
#pragma once
#include "mail/rewrite.h"

enum class Environment : uint8_t { ignored, counts };

// From control/defaulthost, defaultdomain and plusdomain below the root of the
// instance, or where the environment counts from QMAILDEFAULTHOST,
// QMAILDEFAULTDOMAIN and QMAILPLUSDOMAIN.
Result<AddressRules> read_rules(Environment);
