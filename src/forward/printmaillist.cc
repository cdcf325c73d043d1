// printmaillist -- print the binary mailing list on descriptor 0 as lines for
// setmaillist, on descriptor 1. Exit: 0 done, 100 it is no such list, 111 trouble
// with files.
#include "forward/list.h"
#include "lib/die.h"
#include "lib/io.h"
#include "lib/sys.h"

const char program[] = "printmaillist";

static constexpr size_t largest_list = size_t{1} << 30;
static char space[65536];

int main(int argc, char**) {
  if (argc != 1) die_usage("printmaillist");
  Buf list;
  must(read_all(0, list, largest_list), {"read input"});
  Writer out(1, space);
  for (Str rest = list; !rest.empty();) {
    auto entry = take_entry(rest);
    if (!entry) {
      must(out.flush(), {"write output"});
      die(permanent, {"bad mailing list format"});
    }
    must(out.put({*entry, "\n"}), {"write output"});
  }
  must(out.flush(), {"write output"});
}
