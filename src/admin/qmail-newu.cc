// qmail-newu -- make users/cdb from users/assign, in one step: deliveries use the
// old or the new one, whole. Exits 111 and leaves the old one when it cannot.
#include "admin/assign.h"
#include "lib/die.h"
#include "mail/instance.h"

const char program[] = "qmail-newu";

static char space[65536];

// What went wrong; empty when nothing did.
static Str make_database() {
  auto assign = open_read("users/assign");
  if (!assign.ok()) return "unable to open users/assign";
  Fd in = assign.take();
  auto maker = CdbMaker::create("users/cdb.tmp");
  if (!maker.ok()) return "unable to open users/cdb.tmp";
  CdbMaker out = maker.take();

  Reader reader(in.get(), space);
  if (Str trouble = add_assignments(reader, out); !trouble.empty()) return trouble;
  if (!out.write().ok()) return "unable to write users/cdb.tmp";
  if (!out.publish("users/cdb").ok()) return "unable to move users/cdb.tmp to users/cdb";
  return {};
}

int main() {
  umask(033);
  if (!enter_root().ok()) die(temporary, {"unable to chdir"});
  if (Str trouble = make_database(); !trouble.empty()) die(temporary, {trouble});
}
