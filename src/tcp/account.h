// Users and groups by name. They may come from a directory service, through modules
// of the system's C library, which a program that is linked statically cannot load:
// getent(1) is asked.
#pragma once
#include <sys/types.h>

#include "lib/err.h"

struct Account {
  uid_t uid;
  gid_t gid;
};

// ENOENT: there is none.
Result<Account> find_account(const char* name);
Result<gid_t> find_group(const char* name);
