// The directories of a queue of qmail 1.03.
#pragma once
#include "mail/instance.h"

// Makes what is missing of it in the working directory, with owners (as root) and
// modes, and returns its split: the one asked for, or that of the queue which is
// there, or qmail's default. EPROTO: there is something else; EINVAL: its split is
// not the one asked for.
Result<uint64_t> make_foreign_layout(std::optional<uint64_t> split, const Roles&);
