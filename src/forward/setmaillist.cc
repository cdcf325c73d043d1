// setmaillist list.bin list.tmp -- make a binary mailing list of the lines on
// descriptor 0. Writes list.tmp and renames it to list.bin; after an error list.bin
// is as it was. Exit: 0 done, 100 usage, 111 a line that cannot be used, or trouble
// with files.
#include "forward/entries.h"
#include "forward/list.h"
#include "forward/new_file.h"
#include "lib/outcome.h"

const char program[] = "setmaillist";

static constexpr size_t largest_list = size_t{1} << 30;

static Outcome add_line(Buf& list, Str line, uint64_t number) {
  if (line.find('\0') != Str::npos) return refused(temporary, {"line ", Num(number), ": NUL in input"});
  line = trim_right(line);
  if (line.empty() || line[0] == '#') return {};
  bool file = line[0] == '.' || line[0] == '/';
  if (!file && line.size() > longest_listed_address)
    return refused(temporary, {"line ", Num(number), ": addresses must be under 800 bytes"});
  if (!file && line[0] != '&') list.push('&');
  list.append(line);
  list.push('\0');
  return {};
}

static Outcome make(const char* bin, const char* tmp) {
  NewFile file = TRY_TO(NewFile::create(tmp), {"create ", tmp});
  Buf text, list;
  TRY_TO(read_all(0, text, largest_list), {"read input"});
  uint64_t number = 0;
  for (Str rest = text; !rest.empty();)
    if (Outcome o = add_line(list, take_until(rest, '\n'), ++number); o.code) return o;
  TRY_TO(file.write(list), {"write to ", tmp});
  TRY_TO(file.publish(bin), {"move ", tmp, " to ", bin});
  return {};
}

int main(int argc, char** argv) {
  if (argc != 3) die_usage("setmaillist list.bin list.tmp");
  umask(033);
  die_unless_made(make(argv[1], argv[2]));
}
