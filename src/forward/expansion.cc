#include "forward/expansion.h"

#include "forward/list.h"
#include "forward/records.h"
#include "lib/sys.h"
#include "mail/address.h"

static constexpr size_t largest_list = size_t{1} << 30;

bool Expansion::fail(Err cause, std::initializer_list<Str> why) {
  cause_ = cause;
  for (Str s : why) why_.append(s);
  return false;
}

bool Expansion::find(char kind, Str target, Data& data) {
  set_key(key_, kind, target);
  auto found = db_.find(key_);
  if (!found.ok()) return fail(found.error(), {"unable to read ", name_});
  data = found.take();
  return true;
}

// The address that mail came for also has wildcards: user@host, @host, user@.
bool Expansion::find_for(char kind, Str address, Data& data) {
  if (!find(kind, address, data)) return false;
  Address a = split_address(address);
  if (data || !a.has_host) return true;
  if (!find(kind, slice(address, a.local.size()), data)) return false;
  return data || find(kind, slice(address, 0, a.local.size() + 1), data);
}

// key_ is the record's. The address that mail came for may come up again, and so
// may one in other capitals: what their commands add is found again, but programs
// run once.
bool Expansion::take_commands(Str data) {
  bool again = !targets_.add(key_);
  while (!data.empty()) {
    Str command = take_until(data, '\0');
    if (command.empty()) continue;
    if ("|!&./"sv.find(command[0]) == Str::npos) return fail({0}, {name_, " is no forwarding database"});
    bool program = command[0] == '|' || command[0] == '!';
    if (program && again) continue;
    auto& where = program ? commands_ : to_do_;
    where.push_back({});
    where.back().set(command);
  }
  return true;
}

bool Expansion::take_list(Str name) {
  Buf file;
  file.set(name);
  auto opened = open_read(file.c_str());
  if (!opened.ok()) return fail(opened.error(), {"unable to read ", name});
  Fd fd = opened.take();
  auto status = stat_of(fd.get());
  if (!status.ok()) return fail(status.error(), {"unable to read ", name});
  mode_t mode = status.take().st_mode;
  if (!S_ISREG(mode)) return fail({0}, {name, " is no regular file"});
  if ((mode & 0444) != 0444) return fail({0}, {name, " is not world-readable"});
  Buf list;
  if (auto r = read_all(fd.get(), list, largest_list); !r.ok()) return fail(r.error(), {"unable to read ", name});
  for (Str rest = list; !rest.empty();) {
    auto entry = take_entry(rest);
    if (!entry) return fail({0}, {name, " is no binary mailing list"});
    to_do_.push_back({});
    to_do_.back().set(*entry);
  }
  return true;
}

// An address that is an alias stands for that one's commands, unless it has an
// owner: then it gets the message from its own sender, in a delivery of its own.
bool Expansion::take(Str entry) {
  if (entry[0] != '&') return take_list(entry);
  Str address = slice(entry, 1);
  Data owner, commands;
  if (!find(owner_of, address, owner)) return false;
  if (!owner && !find(commands_of, address, commands)) return false;
  if (commands) return take_commands(*commands);
  found_.push_back({});
  found_.back().set(address);
  return true;
}

Expansion::Found Expansion::expand(Str address, Owner with) {
  Data owner, commands;
  if (with == Owner::counts && !find_for(owner_of, address, owner)) return Found::error;
  if (owner) owner_.emplace().set(*owner);
  if (!find_for(commands_of, address, commands)) return Found::error;
  if (!commands) return Found::no;

  if (!take_commands(*commands)) return Found::error;
  while (!to_do_.empty()) {
    Buf entry = std::move(to_do_.back());
    to_do_.pop_back();
    if (done_.add(entry) && !take(entry)) return Found::error;
  }
  for (size_t i = found_.size(); i-- > 0;) recipients_.push_back(found_[i]);
  return Found::yes;
}
