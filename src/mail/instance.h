// The root of an installation and the identities of its parts.
#pragma once
#include <sys/types.h>

#include "lib/child.h"
#include "lib/err.h"

// conf-qmail, or what $QMAILHOME names. A set-id program ignores the variable.
const char* instance_root();

// Does $QMAILHOME name another root than conf-qmail?
bool root_is_elsewhere();

Result<> enter_root();  // changes the working directory to it

// Users and groups by their role, resolved once at set-up into users/roles, so
// that no program on a message's path asks NSS.
struct Roles {
  uid_t alias, qmaild, qmaill, root, qmailp, qmailq, qmailr, qmails;
  gid_t qmail, nofiles;
};

// Reads users/roles (doc/man/qmail-users.5), relative to the root as the working
// directory. EPROTO: not every role is in it.
Result<Roles> read_roles();
