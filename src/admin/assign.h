// Lines of users/assign as records of users/cdb (doc/man/qmail-users.5).
#pragma once
#include <vector>

#include "lib/buf.h"
#include "lib/cdb.h"
#include "lib/io.h"

struct Assignment {
  Buf key, data;
  char wildchar = 0;  // the last character of a prefix; 0: there is none
};

// Nothing: the line is bad.
std::optional<Assignment> parse_assignment(Str line);

// Reads all of users/assign and adds its records. What went wrong, as qmail-newu
// reports it; empty when nothing did.
Str add_assignments(Reader&, CdbMaker&);
