// Control files, users/assign, and records of users/cdb.
#include "admin/assign.h"
#include "fuzz.h"
#include "mail/control.h"
#include "mail/users.h"
#include "remote/relay_route.h"

extern const char program[];
const char program[] = "control_fuzz";

static Buf copy_of(Str s) {
  Buf copy;
  copy.set(s);
  return copy;
}

void fuzz(Str input) {
  Lines lines(copy_of(input));
  for (Str entry : lines.entries()) {
    hold(!entry.empty() && entry[0] != '#');
    (void)parse_relay(entry);
    (void)parse_assignment(entry);
  }
  Table keys(Lines(copy_of(input)), Table::Form::keys), pairs(Lines(copy_of(input)), Table::Form::pairs);
  for (Str entry : lines.entries()) {
    hold(keys.find(entry).has_value());
    if (entry.size() > 255) continue;  // no host is longer, and each dot is another look
    (void)pairs.find_host(entry);
    (void)find_relay(&pairs, &keys, entry);
  }
  auto user = LocalUser::parse(copy_of(input), LocalUser::Reason::exact);
  if (user.ok()) hold(Str(user.take().home).find('\0') == Str::npos);
}
