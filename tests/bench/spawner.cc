// spawner COUNT AT-ONCE FILE program [ arg ... ] -- run program COUNT times with
// FILE on descriptor 0, AT-ONCE of them at the same time. 0 all exited 0, 1 not.
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/die.h"

const char program[] = "spawner";

int main(int argc, char** argv) {
  if (argc < 5) die_usage("spawner count at-once file program [ arg ... ]");
  long count = atol(argv[1]), room = atol(argv[2]), running = 0;
  bool well = true;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, argv[3], O_RDONLY, 0);
  while (count > 0 || running > 0) {
    if (count > 0 && running < room) {
      pid_t pid;
      if (posix_spawnp(&pid, argv[4], &actions, nullptr, argv + 4, environ) != 0)
        die(temporary, {"unable to run ", Str(argv[4])});
      --count, ++running;
      continue;
    }
    int status;
    if (wait(&status) == -1) break;
    --running;
    well = well && status == 0;
  }
  return well ? 0 : 1;
}
