// What qmail-remote says (doc/man/qmail-remote.8), read by qmail-rspawn: parts
// that each end with NUL; one of r, h or s for each recipient, in their order,
// then one of K, Z or D for the message, which may come early when there was no
// talk of recipients.
#pragma once
#include <array>

#include "lib/str.h"

// The report of a delivery: a letter, K Z or D, and the parts of its text.
struct RemoteVerdict {
  char letter;
  std::array<Str, 2> text;
};

// Of recipient number i of n, counted from 0. A missing part for the message is
// a failure: the program did not say that anything was accepted.
RemoteVerdict remote_verdict(Str output, size_t i, size_t n);
