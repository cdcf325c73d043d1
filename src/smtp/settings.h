// What qmail-smtpd is told by control files and environment, read once.
#pragma once
#include "lib/own_ip.h"
#include "smtp/admission.h"
#include "smtp/patience.h"

struct Settings {
  Admission admission;
  Buf greeting{};
  std::optional<Buf> localiphost{};      // stands for the addresses of this machine
  std::optional<std::vector<Ip>> own{};  // these; nothing: to be asked for when needed
  Patience patience{1200};               // how long we wait for the client
  uint64_t maxerrors = 20;               // unknown or malformed commands of a connection
  uint64_t maxcommands = 1000;           // commands between two accepted messages
  std::optional<Table> badmailfrom{};
};

// An Err when a control file cannot be read, or nothing names this host.
Result<Settings> read_settings(const Control&);
