// What a queue consists of, with owners and modes: made by qmail-mkqueue,
// verified by instcheck, explained in doc/internals.md.
#pragma once
#include <sys/stat.h>

#include "mail/instance.h"

struct QueuePlace {
  enum class Kind : uint8_t {
    directory,
    split,  // a directory with subdirectories 0 to conf-split less one
    file,   // as long as it is: made empty
    fifo,
    text,  // a file that qmail-mkqueue writes
  };
  const char* name;  // relative to the root of the instance
  Kind kind;
  uid_t Roles::*owner;  // the group is qmail
  mode_t mode;
};

// In the order of making: the format is last, as what says that all is there.
inline constexpr QueuePlace queue_layout[] = {
    {"queue", QueuePlace::Kind::directory, &Roles::qmailq, 0750},
    {"queue/tmp", QueuePlace::Kind::directory, &Roles::qmailq, 0700},
    {"queue/mess", QueuePlace::Kind::split, &Roles::qmailq, 0750},
    {"queue/state", QueuePlace::Kind::split, &Roles::qmails, 0700},
    {"queue/bad", QueuePlace::Kind::directory, &Roles::qmailq, 0700},
    {"queue/copy", QueuePlace::Kind::directory, &Roles::qmailq, 0730},
    {"queue/control", QueuePlace::Kind::directory, &Roles::qmails, 0700},
    {"queue/lock", QueuePlace::Kind::directory, &Roles::qmailq, 0750},
    {"queue/lock/trigger", QueuePlace::Kind::fifo, &Roles::qmails, 0622},
    {"queue/lock/sendmutex", QueuePlace::Kind::file, &Roles::qmails, 0600},
    {"queue/lock/cleanmutex", QueuePlace::Kind::file, &Roles::qmailq, 0600},
    {"queue/lock/status", QueuePlace::Kind::file, &Roles::qmails, 0640},
    {"queue/lock/tcpto", QueuePlace::Kind::file, &Roles::qmailr, 0644},
    {"queue/README", QueuePlace::Kind::text, &Roles::qmailq, 0644},
    {"queue/format", QueuePlace::Kind::text, &Roles::qmailq, 0644},
};
