// newinclude list -- make a binary mailing list of an :include: file as sendmail
// reads it. Writes LIST.tmp and renames it to LIST.bin; after an error LIST.bin is as
// it was. Exit: 0 done, 100 usage, 111 a line that cannot be used, or trouble with
// files.
#include "forward/completion.h"
#include "forward/entries.h"
#include "forward/list.h"
#include "forward/new_file.h"
#include "lib/outcome.h"

const char program[] = "newinclude";

static constexpr size_t largest_list = size_t{1} << 30;

static Outcome add_entry(Buf& list, const Entry& e, Str line) {
  switch (e.kind) {
    case Entry::Kind::nothing: return {};
    case Entry::Kind::wildcard: return refused(temporary, {"unable to parse this line: ", line});
    case Entry::Kind::command: return refused(temporary, {"program delivery |", e.text, " not supported"});
    case Entry::Kind::file:
      if (e.text.view() == "/dev/null") return {};
      return refused(temporary, {"file delivery ", e.text, " not supported"});
    case Entry::Kind::list:
      if (e.text.empty()) return refused(temporary, {"empty :include: filenames not permitted"});
      if (is_blank(e.text.view().back()))
        return refused(temporary, {"spaces and tabs not permitted at ends of :include: filenames"});
      append_list_name(list, e.text, "");
      return {};
    case Entry::Kind::address: break;
  }
  if (e.full.size() > longest_listed_address) return refused(temporary, {"addresses must be under 800 bytes"});
  // setmaillist would read another one than printmaillist prints.
  if (is_blank(e.full.view().back())) return refused(temporary, {"spaces and tabs not permitted at ends of addresses"});
  list.push('&');
  list.append(e.full);
  list.push('\0');
  return {};
}

static Outcome add_line(Buf& list, Str line, const AddressRules& rules) {
  auto entries = parse_entries(line, rules);
  if (!entries) return refused(temporary, {"unable to parse this line: ", line});
  for (size_t i = entries->size(); i-- > 0;)  // from right to left, as lists have always had them
    if (Outcome o = add_entry(list, (*entries)[i], line); o.code) return o;
  return {};
}

static Outcome make(const char* name) {
  AddressRules rules = TRY_TO(read_rules(Environment::counts), {"read controls"});
  Buf tmp, bin, text, list;
  tmp.set(Str(name), ".tmp"sv);
  bin.set(Str(name), ".bin"sv);
  Fd in = TRY_TO(open_read(name), {"read ", name});
  TRY_TO(read_all(in.get(), text, largest_list), {"read ", name});

  NewFile file = TRY_TO(NewFile::create(tmp.c_str()), {"create ", tmp});
  uint64_t number = 0;
  for (Str rest = text; !rest.empty();) {
    Str line = take_until(rest, '\n');
    ++number;
    if (line.starts_with('#')) continue;
    if (Outcome o = add_line(list, line, rules); o.code)
      return refused(o.code, {name, " line ", Num(number), ": ", o.text});
  }
  TRY_TO(file.write(list), {"write to ", tmp});
  TRY_TO(file.publish(bin.c_str()), {"move ", tmp, " to ", bin});
  return {};
}

int main(int argc, char** argv) {
  if (argc != 2) die_usage("newinclude list");
  umask(033);
  die_unless_made(make(argv[1]));
}
