#include "tcp/environment.h"

#include <net/if.h>
#include <stdlib.h>

#include "lib/die.h"

void set_variable(Str name, std::optional<Str> value) {
  Buf name_z, value_z;
  name_z.append(name);
  if (!value) {
    unsetenv(name_z.c_str());
    return;
  }
  value_z.append(*value);
  if (setenv(name_z.c_str(), value_z.c_str(), 1) == -1 && errno == ENOMEM) out_of_memory();
}

static std::optional<Str> view(const std::optional<Buf>& value) {
  return value ? std::optional(value->view()) : std::nullopt;
}

static void set_end(Str prefix, const End& end, bool present) {
  Buf name, ip;
  end.at.ip.append_to(ip);
  Num port(end.at.port);
  auto set = [&](Str what, std::optional<Str> value) {
    set_variable(name.set(prefix, what), present ? value : std::nullopt);
  };
  set("IP", ip.view());
  set("PORT", Str(port));
  set("HOST", view(end.host));
}

void set_environment(const End& local, const End& remote) {
  bool v6 = remote.at.ip.family == Ip::Family::v6;
  set_variable("PROTO", "TCP");
  set_end("TCPLOCAL", local, true);
  set_end("TCPREMOTE", remote, true);
  set_variable("TCPREMOTEINFO", view(remote.info));
  set_end("TCP6LOCAL", local, v6);
  set_end("TCP6REMOTE", remote, v6);
  set_variable("TCP6REMOTEINFO", v6 ? view(remote.info) : std::nullopt);
  char interface[IF_NAMESIZE];
  bool scoped = v6 && remote.at.ip.scope && if_indextoname(remote.at.ip.scope, interface);
  set_variable("TCP6INTERFACE", scoped ? std::optional<Str>(interface) : std::nullopt);
}
