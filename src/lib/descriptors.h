// The first three descriptors of programs that stand in front of others.
#pragma once
#include "lib/sys.h"

// /dev/null for those of 0 to 2 that our caller had closed: nothing of ours may
// get these numbers.
Result<> fill_standard_descriptors();

// What this program says from now on goes nowhere. Returns where it went; none,
// when descriptor 2 was closed.
Result<Fd> silence();
