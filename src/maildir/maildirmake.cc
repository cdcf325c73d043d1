// maildirmake name -- make a maildir: the directory name, holding tmp, new and cur.
#include "lib/die.h"
#include "lib/sys.h"

const char program[] = "maildirmake";

int main(int argc, char** argv) {
  if (argc != 2) die_usage("maildirmake name");
  const char* dir = argv[1];

  umask(077);
  must(make_dir(dir, 0700), {"mkdir ", dir});
  must(change_dir(dir), {"chdir to ", dir});
  for (const char* sub : {"tmp", "new", "cur"}) must(make_dir(sub, 0700), {"mkdir ", dir, "/", sub});
}
