// TARGET [ file ... ] -- replays files through a target of the fuzzer. Built by
// afl-clang-fast it is what afl-fuzz runs, many inputs to a process.
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "fuzz.h"
#include "lib/die.h"
#include "lib/sys.h"

#ifdef __AFL_FUZZ_TESTCASE_LEN
__AFL_FUZZ_INIT();
#endif

Str memory_input;

ssize_t read_memory(int, char* space, size_t n, const void*) {
  Str part = slice(memory_input, 0, n);
  if (!part.empty()) memcpy(space, part.data(), part.size());
  memory_input = slice(memory_input, part.size());
  return static_cast<ssize_t>(part.size());
}
ssize_t write_nowhere(int, const char*, size_t n, const void*) { return static_cast<ssize_t>(n); }

int memory_file(Str content) {
  static Fd file;
  file = must(owned(memfd_create("fuzz", MFD_CLOEXEC)), {"make a file"});
  must(write_all(file.get(), content), {"write"});
  lseek(file.get(), 0, SEEK_SET);
  return file.get();
}

// A copy with nothing behind it, so that a read beyond the end is seen.
static void run(Str input) {
  std::vector<char> exact(input.begin(), input.end());
  fuzz(Str(exact.data(), exact.size()));
}

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
#ifdef __AFL_FUZZ_TESTCASE_LEN
  if (argc == 1) {
    __AFL_INIT();
    auto* bytes = reinterpret_cast<const char*>(__AFL_FUZZ_TESTCASE_BUF);
    while (__AFL_LOOP(100000)) run(Str(bytes, static_cast<size_t>(__AFL_FUZZ_TESTCASE_LEN)));
    return 0;
  }
#endif
  Buf text;
  for (int i = 1; i < argc; ++i) {
    Fd file = must(open_read(argv[i]), {"open ", Str(argv[i])});
    text.clear();
    must(read_all(file.get(), text, size_t{64} << 20), {"read ", Str(argv[i])});
    run(text);
  }
}
