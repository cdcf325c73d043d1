#include "tcp/environment.h"

#include <net/if.h>
#include <unistd.h>

Environment::Environment() {
  for (char** v = environ; v && *v; ++v) variables_.push_back({*v, 0});
}

Str Environment::text_of(const Variable& v) const {
  return v.inherited ? Str(v.inherited) : Str(text_.c_str() + v.offset);
}

void Environment::set(Str name, std::optional<Str> value) {
  std::erase_if(variables_, [&](const Variable& v) {
    Str text = text_of(v);
    return text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name);
  });
  if (!value) return;
  variables_.push_back({nullptr, text_.size()});
  text_.add(name, "="sv, *value, "\0"sv);
}

char* const* Environment::list() {
  list_.clear();
  for (const Variable& v : variables_) list_.push_back(v.inherited ? v.inherited : text_.data() + v.offset);
  list_.push_back(nullptr);
  return list_.data();
}

static std::optional<Str> view(const std::optional<Buf>& value) {
  return value ? std::optional(value->view()) : std::nullopt;
}

static void set_end(Environment& e, Str prefix, const End& end, bool present) {
  Buf name, ip;
  end.at.ip.append_to(ip);
  Num port(end.at.port);
  auto set = [&](Str what, std::optional<Str> value) { e.set(name.set(prefix, what), present ? value : std::nullopt); };
  set("IP", ip.view());
  set("PORT", Str(port));
  set("HOST", view(end.host));
}

void set_environment(Environment& e, const End& local, const End& remote) {
  bool v6 = remote.at.ip.family == Ip::Family::v6;
  e.set("PROTO", "TCP");
  set_end(e, "TCPLOCAL", local, true);
  set_end(e, "TCPREMOTE", remote, true);
  e.set("TCPREMOTEINFO", view(remote.info));
  set_end(e, "TCP6LOCAL", local, v6);
  set_end(e, "TCP6REMOTE", remote, v6);
  e.set("TCP6REMOTEINFO", v6 ? view(remote.info) : std::nullopt);
  char interface[IF_NAMESIZE];
  bool scoped = v6 && remote.at.ip.scope && if_indextoname(remote.at.ip.scope, interface);
  e.set("TCP6INTERFACE", scoped ? std::optional<Str>(interface) : std::nullopt);
}
