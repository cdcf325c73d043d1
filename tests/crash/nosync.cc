// nosync program [ arg ... ] -- run program, and all that it starts, as on a machine where syncs do nothing.
//
// Each fsync, fdatasync and syncfs of theirs succeeds and is not done: what
// such a writer acknowledged must be seen to get lost. 111: no such filter here.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <iterator>

#include "lib/die.h"

const char program[] = "nosync";

int main(int argc, char** argv) {
  if (argc < 2) die_usage("nosync program [ arg ... ]");
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_syncfs, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),  // error 0: done
  };
  sock_fprog code{.len = std::size(filter), .filter = filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code) == -1)
    die_unable(temporary, {"set the filter"}, Err::last());
  execvp(argv[1], argv + 1);
  die_unable(temporary, {"run ", Str(argv[1])}, Err::last());
}
