// config-fast name -- write the first control files of a host of this name: me,
// defaultdomain and plusdomain anew; to locals and rcpthosts it is added.
//
// Says on descriptor 1 what goes where. Exits 100 for what cannot be a name,
// 111 when a file cannot be written.
#include "admin/first_controls.h"
#include "lib/die.h"
#include "lib/sys.h"
#include "mail/instance.h"

const char program[] = "config-fast";

int main(int argc, char** argv) {
  if (argc != 2) die_usage("config-fast name");
  Str name = argv[1];
  if (!can_be_host(name)) die(permanent, {name, " is no host name"});

  umask(022);
  must(enter_root(), {"chdir to ", Str(instance_root())});
  say(1, {"Your fully qualified host name is ", name, ".\n"});
  for (auto [file, value] : first_controls(name)) {
    say(1, {"Putting ", value, " into ", Str(file), "...\n"});
    must(write_control(file, value), {"write ", Str(file)});
  }
  for (const char* file : {"control/locals", "control/rcpthosts"}) {
    say(1, {"Putting ", name, " into ", Str(file), "...\n"});
    must(add_to_control(file, name), {"write ", Str(file)});
  }
  say(1, {"Now qmail will refuse to accept SMTP messages except to ", name, ".\n"});
  say(1, {"Make sure to change rcpthosts if you add hosts to locals or virtualdomains!\n"});
}
