// The environment.
#pragma once
#include <stdlib.h>

#include "lib/str.h"

// Nothing when name is not set; empty is a value.
inline std::optional<Str> env(const char* name) {
  const char* value = getenv(name);
  return value ? std::optional<Str>(value) : std::nullopt;
}
