// argv0 REALNAME PROGRAM [ ARG ... ]: becomes REALNAME, which is told that its name
// is PROGRAM.
// Exit: 100 usage, 111 REALNAME cannot be run.
#include "lib/child.h"
#include "lib/die.h"

const char program[] = "argv0";

int main(int argc, char** argv) {
  if (argc < 3) die_usage("argv0 realname program [ arg ... ]");
  Err why = exec_program(argv[1], argv + 2);
  die_unable(temporary, {"run ", argv[1]}, why);
}
