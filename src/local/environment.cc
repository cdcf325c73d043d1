#include "local/environment.h"

#include <stdlib.h>

#include "lib/die.h"
#include "lib/sys.h"
#include "local/dotqmail.h"

Str ext_behind(Str ext, int hyphens) {
  for (; hyphens > 0; --hyphens) take_until(ext, '-');
  return ext;
}

Str host_without(Str host, int parts) {
  for (; parts > 0; --parts) host = slice(host, 0, host.rfind('.'));
  return host;
}

static void set(const char* name, Str value) {
  Buf text;
  text.set(value);
  if (setenv(name, text.c_str(), 1) == -1) out_of_memory();
}

void set_environment(const Recipient& r, const TraceLines& trace, Str new_sender, std::optional<Str> default_ext) {
  Buf address;
  address.set(Str(r.local), "@"sv, Str(r.domain));
  set("SENDER", r.sender);
  set("NEWSENDER", new_sender);
  set("RECIPIENT", address);
  set("USER", r.user);
  set("HOME", r.home);
  set("LOCAL", r.local);
  set("HOST", r.domain);
  set("HOST2", host_without(r.domain, 1));
  set("HOST3", host_without(r.domain, 2));
  set("HOST4", host_without(r.domain, 3));
  set("EXT", r.ext);
  set("EXT2", ext_behind(r.ext, 1));
  set("EXT3", ext_behind(r.ext, 2));
  set("EXT4", ext_behind(r.ext, 3));
  set("DTLINE", trace.delivered_to);
  set("RPLINE", trace.return_path);
  set("UFLINE", trace.from);
  if (default_ext)
    set("DEFAULT", *default_ext);
  else
    unsetenv("DEFAULT");
}

static Result<bool> exists(const Buf& name) {
  auto st = stat_of(name.c_str());
  if (st.ok()) return true;
  if (is_temporary(st.error()) || st.error().code == EACCES) return st.error();
  return false;
}

Result<> set_new_sender(Buf& out, const Recipient& r, Buf& trying) {
  Str sender = r.sender;
  out.set(sender);
  if (sender.empty() || sender == "#@[]") return {};
  set_dot_qmail_name(trying, r.dash, r.ext);
  trying.append("-owner");
  if (!TRY(exists(trying))) return {};
  trying.append("-default");
  if (TRY(exists(trying)))
    out.set(Str(r.local), "-owner-@"sv, Str(r.domain), "-@[]"sv);
  else
    out.set(Str(r.local), "-owner@"sv, Str(r.domain));
  return {};
}
