#include "tcp/inquiry.h"

#include "dns/names.h"
#include "tcp/ident.h"

bool set_option(Inquiry& i, char letter, const char* value) {
  switch (letter) {
    case 'h': i.look_up_remote = true; return true;
    case 'H': i.look_up_remote = false; return true;
    case 'r': i.ask_ident = true; return true;
    case 'R': i.ask_ident = false; return true;
    case 'l': i.local_name = value; return true;
    case 't': {
      auto seconds = scan_u64(value, 86400);
      if (seconds) i.ident_seconds = static_cast<int>(*seconds);
      return seconds.has_value();
    }
    default: return false;
  }
}

static void find_names(const Inquiry& i, End& local, End& remote) {
  constexpr int patience = 60;
  Deadline limit = Deadline::in(patience);
  Names names;
  if (i.local_name)
    local.host.emplace().append(*i.local_name);
  else
    local.host = names.name_of(local.at.ip, limit);
  if (i.look_up_remote) remote.host = names.name_of(remote.at.ip, limit);
  if (i.paranoid && remote.host && !names.is_ip_of(remote.at.ip, *remote.host, limit)) remote.host.reset();
}

bool takes_time(const Inquiry& i) { return !i.local_name || i.look_up_remote || i.ask_ident; }

void inquire(const Inquiry& i, End& local, End& remote) {
  find_names(i, local, remote);
  if (i.ask_ident) remote.info = ask_ident(local.at, remote.at, Deadline::in(i.ident_seconds));
}
