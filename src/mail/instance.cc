#include "mail/instance.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "conf.h"
#include "lib/buf.h"
#include "lib/sys.h"

static const char* root_from_environment() {
  if (getauxval(AT_SECURE)) return nullptr;
  const char* named = getenv("QMAILHOME");
  return named && *named ? named : nullptr;
}

const char* instance_root() {
  const char* named = root_from_environment();
  return named ? named : CONF_QMAIL;
}

bool root_is_elsewhere() { return Str(instance_root()) != CONF_QMAIL; }

Result<> enter_root() { return change_dir(instance_root()); }

// Lines are role:name:id.
Result<Roles> read_roles() {
  struct Entry {
    Str role;
    uint32_t* id;
    bool seen;
  };
  Roles r{};
  Entry entries[] = {{"alias", &r.alias, false},    {"qmaild", &r.qmaild, false}, {"qmaill", &r.qmaill, false},
                     {"root", &r.root, false},      {"qmailp", &r.qmailp, false}, {"qmailq", &r.qmailq, false},
                     {"qmailr", &r.qmailr, false},  {"qmails", &r.qmails, false}, {"qmail", &r.qmail, false},
                     {"nofiles", &r.nofiles, false}};
  Fd fd = TRY(open_read("users/roles"));
  Buf text;
  TRY(read_all(fd.get(), text, 65536));
  for (Str rest = text; !rest.empty();) {
    Str line = take_until(rest, '\n');
    Str role = take_until(line, ':');
    take_until(line, ':');  // the name, for people
    auto id = scan_u64(line, UINT32_MAX - 1);
    for (Entry& e : entries)
      if (e.role == role && id && !e.seen) {
        *e.id = static_cast<uint32_t>(*id);
        e.seen = true;
      }
  }
  for (const Entry& e : entries)
    if (!e.seen) return Err{EPROTO};
  return r;
}
