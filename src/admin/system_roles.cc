#include "admin/system_roles.h"

#include "conf.h"
#include "lib/buf.h"
#include "lib/nss.h"

static constexpr const char* user_names[] = CONF_USERS;
static constexpr const char* group_names[] = CONF_GROUPS;
static_assert(std::size(user_names) == std::size(user_roles) && std::size(group_names) == std::size(group_roles));

std::optional<Roles> roles_of_system(Str& missing) {
  Roles r{};
  for (size_t i = 0; i < std::size(user_roles); ++i) {
    const passwd* user = getpwnam(user_names[i]);
    if (!user) {
      missing = user_names[i];
      return {};
    }
    r.*user_roles[i].id = user->pw_uid;
  }
  for (size_t i = 0; i < std::size(group_roles); ++i) {
    const group* g = getgrnam(group_names[i]);
    if (!g) {
      missing = group_names[i];
      return {};
    }
    r.*group_roles[i].id = g->gr_gid;
  }
  return r;
}

void append_roles(Buf& out, const Roles& r) {
  for (size_t i = 0; i < std::size(user_roles); ++i)
    out.add(user_roles[i].role, ":"sv, Str(user_names[i]), ":"sv, Num(r.*user_roles[i].id), "\n"sv);
  for (size_t i = 0; i < std::size(group_roles); ++i)
    out.add(group_roles[i].role, ":"sv, Str(group_names[i]), ":"sv, Num(r.*group_roles[i].id), "\n"sv);
}
