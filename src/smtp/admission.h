// What is taken from the network, by whatever protocol: control files and
// environment that all of its servers obey.
#pragma once
#include "smtp/relay.h"

struct Admission {
  RelayPolicy relay;
  Str relayclient;           // is appended to every recipient
  uint64_t databytes = 0;    // highest size of a message; 0: no limit
  uint64_t maxrcpt = 10000;  // recipients of a message
};

// An Err when a control file cannot be read.
Result<Admission> read_admission(const Control&);

// A limit of how many in a control file: 0 asks for as many as there may be at all.
Result<> read_limit(const Control&, const char* name, uint64_t& value, uint64_t most);
