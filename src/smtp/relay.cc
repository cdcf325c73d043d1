#include "smtp/relay.h"

#include "mail/address.h"

Result<RelayPolicy> RelayPolicy::read(const Control& control) {
  RelayPolicy policy;
  policy.rcpthosts_ = TRY(control.table("rcpthosts", Table::Form::keys));
  if (policy.rcpthosts_) {
    if (auto db = TRY(control.database("morercpthosts.cdb"))) policy.more_.emplace(std::move(*db));
    return policy;
  }
  const char* which;
  auto router = Router::read(control, which);
  if (router.ok())
    policy.router_.emplace(router.take());
  else if (router.error().code != ENOENT)  // with neither locals nor me nothing is local
    return router.error();
  return policy;
}

RelayPolicy RelayPolicy::trusting() {
  RelayPolicy policy;
  policy.trusted_ = true;
  return policy;
}

// The host itself, then each suffix of it that begins with a dot, longest first.
static Result<Str> find_host(Cdb& db, Str host) {
  for (size_t i = 0; i < host.size(); ++i)
    if (i == 0 || host[i] == '.')
      if (TRY(db.find(slice(host, i)))) return slice(host, i);
  return Str();
}

Result<RelayPolicy::Verdict> RelayPolicy::judge(Str recipient) {
  if (trusted_) return Verdict{Reason::relayclient, {}};
  Address a = split_address(recipient);
  if (!a.has_host && !router_) return Verdict{Reason::no_host, {}};

  if (rcpthosts_) {
    if (auto m = rcpthosts_->find_host(a.host)) return Verdict{Reason::rcpthosts, m->key};
    if (more_) {
      host_.clear();
      for (char c : a.host) host_.push(lower(c));
      Str key = TRY(find_host(*more_, host_));
      if (!key.empty()) return Verdict{Reason::morercpthosts, key};
    }
    return Verdict{Reason::refused, {}};
  }

  if (!router_) return Verdict{Reason::refused, {}};
  router_->route(recipient, route_);
  // It stays here, unless the percent hack finds a host in it.
  if (!a.has_host && route_.plain().starts_with(recipient)) return Verdict{Reason::no_host, {}};
  if (route_.reason == Route::Reason::locals) return Verdict{Reason::locals, route_.line};
  // An entry for all hosts is no domain of ours: mail for others may wait behind it.
  if (route_.reason == Route::Reason::virtualdomains && route_.line.view()[0] != ':')
    return Verdict{Reason::virtualdomains, route_.line};
  return Verdict{Reason::refused, {}};
}
