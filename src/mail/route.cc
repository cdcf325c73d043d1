#include "mail/route.h"

#include "mail/address.h"

// A list that a missing file leaves out, with me as its only entry.
static Result<std::optional<Table>> me_alone(const Control& control) {
  Buf me;
  if (!TRY(control.line("me", me))) return std::optional<Table>();
  return std::optional<Table>(Table(Lines(std::move(me)), Table::Form::keys));
}

Result<Router> Router::read(const Control& control, const char*& which) {
  Router r;
  which = "envnoathost";
  TRY(control.line_or_me(which, r.envnoathost_, "envnoathost"));
  which = "locals";
  r.locals_ = TRY(control.table(which, Table::Form::keys));
  if (!r.locals_) r.locals_ = TRY(me_alone(control));
  if (!r.locals_) return Err{ENOENT};  // neither locals nor me
  which = "virtualdomains";
  r.virtualdomains_ = TRY(control.table(which, Table::Form::pairs));
  which = "percenthack";
  r.percenthack_ = TRY(control.table(which, Table::Form::keys));
  return r;
}

// user%host@hack becomes user@host, as often as the host is one that allows it.
static void undo_percent_hack(Buf& address, const Table& allowed) {
  for (;;) {
    Address a = split_address(address);
    if (!allowed.find(a.host)) return;
    size_t percent = a.local.rfind('%');
    if (percent == Str::npos) return;
    address.cut(a.local.size());
    address.data()[percent] = '@';
  }
}

void Router::route(Str recipient, Route& out) const {
  out.address.set(recipient);
  out.prepended = 0;
  out.line.clear();
  if (!split_address(recipient).has_host) out.address.add("@", envnoathost_);
  if (percenthack_) undo_percent_hack(out.address, *percenthack_);

  Address a = split_address(out.address);
  if (auto m = locals_->find(a.host)) {
    out.channel = Channel::local;
    out.reason = Route::Reason::locals;
    out.line.set(m->key);
    return;
  }
  out.channel = Channel::remote;
  out.reason = Route::Reason::no_rule;
  if (!virtualdomains_) return;
  auto m = virtualdomains_->find(out.address);
  if (!m) m = virtualdomains_->find_host(a.host);
  if (!m) return;
  out.line.set(m->key, ":", m->value);
  if (m->value.empty()) {
    out.reason = Route::Reason::exception;
    return;
  }
  out.channel = Channel::local;
  out.reason = Route::Reason::virtualdomains;
  Buf plain = std::move(out.address);
  out.address.set(m->value, "-", plain);
  out.prepended = m->value.size() + 1;
}
