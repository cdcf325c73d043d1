// Where tests move what a program stands on: its clock, and whether there is memory.
//
// Linked into copies of the programs (build/seams), whose calls of malloc and of
// clock_gettime it takes over. The file $QMAIL_SEAMS holds what is asked for, and may
// change at any time; without it all is as it is.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

extern const char program[];

namespace {

struct Seams {
  int64_t clock;   // seconds that are added to the time of day
  uint64_t n;      // which allocation fails, counted from 1; 0 none
  uint64_t calls;  // so many there have been
  char name[40];   // of the programs that are counted
};

Seams nothing, *seams = &nothing;

// Before main, which may give up the right to open files.
__attribute__((constructor)) void find_seams() {
  const char* name = getenv("QMAIL_SEAMS");
  int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
  if (fd == -1) return;
  void* p = mmap(nullptr, sizeof(Seams), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (p != MAP_FAILED) seams = static_cast<Seams*>(p);
  close(fd);
}

bool fails() {
  uint64_t n = __atomic_load_n(&seams->n, __ATOMIC_ACQUIRE);
  if (n == 0 || strncmp(seams->name, program, sizeof seams->name) != 0) return false;
  if (__atomic_add_fetch(&seams->calls, 1, __ATOMIC_ACQ_REL) != n) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {
void* __real_malloc(size_t);
void* __real_calloc(size_t, size_t);
void* __real_realloc(void*, size_t);
int __real_clock_gettime(clockid_t, timespec*);

void* __wrap_malloc(size_t n) { return fails() ? nullptr : __real_malloc(n); }
void* __wrap_calloc(size_t n, size_t size) { return fails() ? nullptr : __real_calloc(n, size); }
void* __wrap_realloc(void* p, size_t n) { return fails() ? nullptr : __real_realloc(p, n); }
int __wrap_clock_gettime(clockid_t clock, timespec* t) {
  int r = __real_clock_gettime(clock, t);
  if (r == 0 && clock == CLOCK_REALTIME) t->tv_sec += seams->clock;
  return r;
}
}
