// qmail-newmrh -- make control/morercpthosts.cdb from control/morercpthosts, in
// one step: qmail-smtpd reads the old or the new one, whole. Exits 111 and leaves
// the old one when it cannot.
#include "lib/die.h"
#include "lib/io.h"
#include "mail/control.h"
#include "mail/instance.h"

const char program[] = "qmail-newmrh";

static constexpr const char* from = "control/morercpthosts";
static constexpr const char* tmp = "control/morercpthosts.tmp";
static constexpr const char* to = "control/morercpthosts.cdb";

int main(int argc, char**) {
  if (argc != 1) die_usage("qmail-newmrh");
  umask(033);
  must(enter_root(), {"chdir to ", Str(instance_root())});
  Control control = must(Control::open("."), {"chdir to ", Str(instance_root()), "/control"});
  auto lines = must(control.lines("morercpthosts"), {"read ", Str(from)});
  if (!lines) die_unable(temporary, {"read ", Str(from)}, Err{ENOENT});

  // Hosts are looked up in lower case.
  CdbMaker out = must(CdbMaker::create(tmp), {"write to ", Str(tmp)});
  Buf key;
  for (Str entry : lines->entries()) {
    key.clear();
    for (char c : entry) key.push(lower(c));
    must(out.add(key, {}), {"write to ", Str(tmp)});
  }
  must(out.write(), {"write to ", Str(tmp)});
  must(out.publish(to), {"move ", Str(tmp), " to ", Str(to)});
}
