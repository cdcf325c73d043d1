#include "queue/import_message.h"

#include <algorithm>

#include "mail/address.h"

namespace {
class Import {
 public:
  Import(const Router& router, ImportedMessage& out, Buf& why) : router_(router), out_(out), why_(why) {}
  bool take_new(Str todo);
  bool take_sender(Str info);
  bool take_recipients(Str file, Channel);
  void take_failures(Str bounce);

 private:
  struct Done {
    size_t at, size;  // its address, in the envelope
    uint32_t number;
  };
  bool trouble(Str what) {
    why_.set(what);
    return false;
  }
  bool add(char kind, Str address);
  bool find_plain(Str stored, Str& plain);
  std::optional<uint32_t> take_done(Str address);

  const Router& router_;
  ImportedMessage& out_;
  Buf& why_;
  Route route_;
  std::vector<Done> done_;
};
}  // namespace

bool Import::add(char kind, Str address) {
  if (address.size() > longest_address + 256) return trouble("an address is too long");
  out_.envelope.push(kind);
  out_.envelope.append(address);
  out_.envelope.push('\0');
  if (kind == 'T') ++out_.recipients;
  return true;
}

// Records, each ended by NUL: u uid, p pid, F sender, T recipient.
bool Import::take_new(Str todo) {
  while (!todo.empty()) {
    if (todo.find('\0') == Str::npos) return trouble("it ends inside a record");
    Str record = take_until(todo, '\0'), value = slice(record, 1);
    switch (record.empty() ? 0 : record[0]) {
      case 'u': out_.uid = static_cast<uint32_t>(scan_u64(value, UINT32_MAX).value_or(0)); break;
      case 'p': out_.pid = static_cast<uint32_t>(scan_u64(value, UINT32_MAX).value_or(0)); break;
      case 'F':
        if (!out_.envelope.empty()) return trouble("it has two senders");
        if (!add('F', value)) return false;
        break;
      case 'T':
        if (out_.envelope.empty()) return trouble("it has no sender");
        if (!add('T', value)) return false;
        ++out_.open;
        break;
      default: return trouble("it has a record of unknown type");
    }
  }
  return !out_.envelope.empty() || trouble("it has no sender");
}

bool Import::take_sender(Str info) {
  if (slice(info, 0, 1) != "F" || info.find('\0') != info.size() - 1) return trouble("info is no sender");
  return add('F', slice(info, 1, info.size() - 2));
}

// What stands behind one of its dashes, if that is routed to all of it today.
bool Import::find_plain(Str stored, Str& plain) {
  auto comes_from = [&](Str address) {
    router_.route(address, route_);
    plain = address;
    return route_.channel == Channel::local && route_.address.view() == stored;
  };
  if (comes_from(stored)) return true;
  for (size_t dash = stored.find('-'); dash != Str::npos; dash = stored.find('-', dash + 1))
    if (comes_from(slice(stored, dash + 1))) return true;
  return false;
}

bool Import::take_recipients(Str file, Channel channel) {
  Str where = channel == Channel::local ? "local" : "remote";
  while (!file.empty()) {
    bool ends = file.find('\0') != Str::npos;
    Str record = take_until(file, '\0'), address = slice(record, 1), plain = address;
    char kind = record.empty() ? '\0' : record[0];
    if (!ends || (kind != 'T' && kind != 'D')) {
      why_.set(where, " is damaged"sv);
      return false;
    }
    // Of one that is done it does not matter where it went.
    if (channel == Channel::local && !find_plain(address, plain)) {
      if (kind == 'T') {
        why_.set("no entry of today's control/locals or control/virtualdomains makes its recipient "sv, address);
        return false;
      }
      plain = address;
    }
    auto number = static_cast<uint32_t>(out_.recipients);
    if (!add('T', plain)) return false;
    if (kind == 'T')
      ++out_.open;
    else
      done_.push_back({out_.envelope.size() - 1 - plain.size(), plain.size(), number});
  }
  return true;
}

std::optional<uint32_t> Import::take_done(Str address) {
  auto address_of = [&](const Done& d) { return slice(out_.envelope, d.at, d.size); };
  auto at =
      std::lower_bound(done_.begin(), done_.end(), address, [&](const Done& d, Str a) { return address_of(d) < a; });
  for (; at != done_.end() && address_of(*at) == address; ++at)
    if (at->number != UINT32_MAX) return std::exchange(at->number, UINT32_MAX);
  return {};
}

// Paragraphs <ADDRESS>: LF report, each with an empty line behind it. A failed
// recipient stands among those that are done, or nowhere when that file is gone: it
// is then added.
void Import::take_failures(Str bounce) {
  std::sort(done_.begin(), done_.end(), [&](const Done& a, const Done& b) {
    int order = slice(out_.envelope, a.at, a.size).compare(slice(out_.envelope, b.at, b.size));
    return order ? order < 0 : a.number < b.number;
  });
  Buf added;
  while (!bounce.empty()) {
    size_t end = bounce.find("\n\n");
    Str report = slice(bounce, 0, end == Str::npos ? end : end + 1);
    bounce = end == Str::npos ? Str() : slice(bounce, end + 2);
    Str rest = report, line = take_until(rest, '\n'), address;
    if (line.starts_with('<') && line.ends_with(">:")) {
      address = slice(line, 1, line.size() - 3);
      report = rest;
    }
    // A report longer than a record is shared out: one record for each recipient.
    auto number = take_done(address);
    do {
      if (!number) {
        number = static_cast<uint32_t>(out_.recipients++);
        added.add("T"sv, slice(address, 0, longest_address + 256), "\0"sv);
      }
      out_.marks.push_back({*number, true, address, slice(report, 0, longest_state_text)});
      number.reset();
      report = slice(report, longest_state_text);
    } while (!report.empty());
    out_.bounces = true;
  }
  for (const Done& d : done_)
    if (d.number != UINT32_MAX) out_.marks.push_back({d.number, false, {}, {}});
  out_.envelope.append(added);
}

bool import_message(const ForeignMessage& m, const Router& router, ImportedMessage& out, Buf& why) {
  Import import(router, out, why);
  if (m.is_new) return import.take_new(m.todo);
  if (!import.take_sender(m.info) || !import.take_recipients(m.local, Channel::local) ||
      !import.take_recipients(m.remote, Channel::remote))
    return false;
  import.take_failures(m.bounce);
  return true;
}

void read_invoker(Str line, const Roles& roles, ImportedMessage& out) {
  constexpr Str head = "Received: (qmail ", middle = " invoked ", by_uid = "by uid ";
  if (!line.starts_with(head)) return;
  line = slice(line, head.size());
  auto pid = take_u64(line);
  if (!pid || *pid > UINT32_MAX || !line.starts_with(middle)) return;
  out.pid = static_cast<uint32_t>(*pid);
  Str who = slice(line, middle.size());
  who = take_until(who, ')');
  if (who.starts_with(by_uid))
    out.uid = static_cast<uint32_t>(scan_u64(slice(who, by_uid.size()), UINT32_MAX).value_or(0));
  else if (who == "by alias")
    out.uid = roles.alias;
  else if (who == "from network")
    out.uid = roles.qmaild;
  else if (who == "for bounce")
    out.uid = roles.qmails;
}
