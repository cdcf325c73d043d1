// The roles of an installation as the system's account databases know them.
#pragma once
#include <array>

#include "lib/buf.h"
#include "mail/instance.h"

struct UserRole {
  Str role;  // as in users/roles
  uid_t Roles::*id;
};
struct GroupRole {
  Str role;
  gid_t Roles::*id;
};

// In the order of conf-users and conf-groups.
inline constexpr UserRole user_roles[] = {
    {"alias", &Roles::alias},   {"qmaild", &Roles::qmaild}, {"qmaill", &Roles::qmaill}, {"root", &Roles::root},
    {"qmailp", &Roles::qmailp}, {"qmailq", &Roles::qmailq}, {"qmailr", &Roles::qmailr}, {"qmails", &Roles::qmails}};
inline constexpr GroupRole group_roles[] = {{"qmail", &Roles::qmail}, {"nofiles", &Roles::nofiles}};

// What the names of conf-users and conf-groups mean here. Nothing, and missing
// set to the first of them, when the system does not know one. Asks NSS: a
// program that calls this includes lib/nss.h.
std::optional<Roles> roles_of_system(Str& missing);

// The text of users/roles.
void append_roles(Buf&, const Roles&);
