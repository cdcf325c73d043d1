// newaliases [ file ] -- make the forwarding database of /etc/aliases, or of file,
// for fastforward. Writes FILE.tmp and renames it to FILE.cdb; after an error
// FILE.cdb is as it was. Exit: 0 done, 100 an address is too long or usage, 111 a
// line that cannot be used, or trouble with files.
#include "forward/alias_lines.h"
#include "forward/completion.h"
#include "forward/entries.h"
#include "forward/list.h"
#include "forward/records.h"
#include "lib/io.h"
#include "lib/outcome.h"

const char program[] = "newaliases";

static constexpr size_t largest_file = size_t{1} << 30;

namespace {
struct Names {
  const char* file;
  Buf tmp, cdb;
};
}  // namespace

// An alias, and what it stands for as a record holds it.
struct Alias {
  Buf target, commands;
  Buf owner_of, owner;  // of an alias owner-LIST: LIST, and its own address
};

static Outcome bad_line(Str line) {
  line = slice(line, line.find_first_not_of('\n'));
  return refused(temporary, {"unable to parse this line: ", slice(line, 0, line.find('\n'))});
}

static void append_address(Buf& out, Str address) {
  out.push('&');
  out.append(address);
  out.push('\0');
}

static Outcome add_command(Alias& alias, const Entry& e, Str line) {
  switch (e.kind) {
    case Entry::Kind::nothing: return refused(temporary, {"empty recipient addresses not permitted"});
    case Entry::Kind::wildcard: return bad_line(line);
    case Entry::Kind::file:
      if (e.text.view() != "/dev/null") return refused(temporary, {"file delivery ", e.text, " not supported"});
      alias.commands.append("|true\0"sv);
      break;
    case Entry::Kind::list:
      if (e.text.empty()) return refused(temporary, {"empty :include: filenames not permitted"});
      append_list_name(alias.commands, e.text, ".bin");
      break;
    case Entry::Kind::command: alias.commands.add("!"sv, e.text, "\0"sv); break;
    case Entry::Kind::address: append_address(alias.commands, e.full); break;
  }
  return {};
}

static void set_target(Alias& alias, const Entry& e) {
  constexpr Str owner = "owner-";
  Str end = e.has_host ? ""sv : "@"sv;
  alias.target.set(e.text, end);
  if (!starts_nocase(e.text, owner) || e.text.size() == owner.size()) return;
  alias.owner_of.set(slice(e.text, owner.size()), end);
  alias.owner.set(e.full);
}

// The leftmost entry is the alias; all others are what it stands for, in the order
// in which databases have always had them: from right to left, but an address
// waits for the next one.
static Outcome read_alias(Alias& alias, const std::vector<Entry>& entries, Str line) {
  const Entry& name = entries[0];
  if (name.kind == Entry::Kind::nothing) return refused(temporary, {"empty recipient addresses not permitted"});
  if (entries.size() < 2 || (name.kind != Entry::Kind::address && name.kind != Entry::Kind::wildcard))
    return bad_line(line);
  const Entry* waiting = nullptr;
  for (size_t i = entries.size(); i-- > 0;) {
    const Entry& e = entries[i];
    bool address = e.kind == Entry::Kind::address || i == 0;
    if (address && e.full.size() > longest_listed_address)
      return refused(permanent, {"addresses over 800 bytes are not permitted"});
    const Entry* now = address ? std::exchange(waiting, &e) : &e;
    if (!now) continue;
    if (Outcome o = add_command(alias, *now, line); o.code) return o;
  }
  set_target(alias, name);
  return {};
}

static Outcome add_alias(CdbMaker& db, const Alias& alias, Str tmp) {
  Buf key;
  if (!alias.owner.empty()) {
    set_key(key, owner_of, alias.owner_of);
    TRY_TO(db.add(key, alias.owner), {"write to ", tmp});
  }
  set_key(key, commands_of, alias.target);
  TRY_TO(db.add(key, alias.commands), {"write to ", tmp});
  return {};
}

static Outcome add_aliases(CdbMaker& db, const Names& names, Str text, const AddressRules& rules) {
  AliasLines lines(text);
  for (Str line; lines.next(line);) {
    auto entries = parse_entries(line, rules);
    if (entries && entries->empty()) continue;
    Alias alias;
    Outcome o = entries ? read_alias(alias, *entries, line) : bad_line(line);
    if (o.code) return refused(o.code, {Str(names.file), " line ", Num(lines.number()), ": ", o.text});
    o = add_alias(db, alias, names.tmp);
    if (o.code) return o;
  }
  return {};
}

static Outcome make(const Names& names) {
  AddressRules rules = TRY_TO(read_rules(Environment::ignored), {"read controls"});
  Fd file = TRY_TO(open_read(names.file), {"read ", names.file});
  Buf text;
  TRY_TO(read_all(file.get(), text, largest_file), {"read ", names.file});

  CdbMaker db = TRY_TO(CdbMaker::create(names.tmp.c_str()), {"create ", names.tmp});
  if (Outcome o = add_aliases(db, names, text, rules); o.code) return o;
  TRY_TO(db.write(), {"write to ", names.tmp});
  TRY_TO(db.publish(names.cdb.c_str()), {"move ", names.tmp, " to ", names.cdb});
  return {};
}

int main(int argc, char** argv) {
  if (argc > 2) die_usage("newaliases [ file ]");
  Names names = {argc == 2 ? argv[1] : "/etc/aliases", {}, {}};
  names.tmp.set(Str(names.file), ".tmp"sv);
  names.cdb.set(Str(names.file), ".cdb"sv);
  umask(033);
  die_unless_made(make(names));
}
