// What qmail-send reads from control/, at start and again on HUP.
#pragma once
#include "mail/route.h"

struct Settings {
  Router router;
  uint64_t concurrency[2];  // by channel
  uint64_t lifetime;        // seconds in the queue after which a deferral is a failure

  // On an Err, which names the file that could not be read.
  static Result<Settings> read(const Control&, const char*& which);
};
