// What qmail-send reads from control/, at start and again on HUP.
#pragma once
#include "mail/route.h"

struct Settings {
  Router router;
  uint64_t concurrency[2];  // by channel
  uint64_t lifetime;        // seconds in the queue after which a deferral is a failure
  Buf bouncefrom, bouncehost, doublebounceto, doublebouncehost;

  // A file that should hold a number and does not: takes the default, or is an error
  // (EINVAL), so that a mistake in a running system changes nothing.
  enum class Numbers : uint8_t { lenient, strict };

  // On an Err, which names the file that could not be read.
  static Result<Settings> read(const Control&, Numbers, const char*& which);
};
