// What qmail-lspawn and qmail-rspawn have in common: commands come in on
// descriptor 0 (mail/spawner_command.h), for each a child delivers a message, and
// on descriptor 1 goes, for every delivery's number, a report: the number (4
// bytes, little-endian), K, Z or D, a text, NUL. First of all its limit is written, 4 bytes.
#pragma once
#include "lib/child.h"
#include "lib/staying.h"
#include "mail/instance.h"
#include "mail/reports.h"

// A server is not kept from its other clients by connections of ours that do
// nothing; and what was found out for one delivery, as the exchangers of a host, is
// not trusted for long.
inline constexpr StayLimits stay_limits = {
    .idle_milliseconds = 2000, .life_milliseconds = 60000, .most_tasks = 100, .most_idle = 100};

// How it is done.
struct Launch {
  enum class How : uint8_t {
    run,       // command, whose descriptors 0, 1 and 2 the spawner adds
    function,  // Spawner::deliver, in a process of its own
    nothing,   // no child: report, letter and text, is the result of every recipient
  };
  How how = How::nothing;
  Command command{.file = nullptr, .argv = nullptr};
  Str report;
  // Deliveries of the same kind may be given to one child after another, if it
  // stays for that (lib/staying.h). Empty: to none.
  Str kind{};
  std::optional<struct stat> asked_to_stay{};  // a new one that is this program
};

// What makes a spawner the one or the other.
struct Spawner {
  size_t most_recipients;  // of one child
  size_t most_output;      // so much of what a child says is kept

  // Says how; quick, for everything else waits. What the Launch points to lives
  // until the next call.
  Launch (*prepare)(const Delivery&);

  // Null unless prepare asks for it. Descriptors 0, 1 and 2 are the child's;
  // ends in exec or _exit.
  void (*deliver)(const Delivery&);

  // Exactly one report for each recipient. status is wait's, output what the
  // child said.
  void (*report)(const Delivery&, int status, Str output, Reports&);

  // Exit codes that stand for a command that could not be run.
  int cannot_run_now, cannot_run;
};

// The whole rest of the program; the working directory must be the root. Returns
// the exit code once there is no more input and no child.
int run_spawner(const Spawner&, const Roles&);
