// All the C++ run time these programs have: allocation that never returns null,
// and ends for the checks that libstdc++'s headers compile into their callers.
#include <cstddef>
#include <cstdlib>

#include "lib/die.h"

static void* allocate(size_t n) {
  void* p = malloc(n ? n : 1);
  if (!p) out_of_memory();
  return p;
}

void* operator new(size_t n) { return allocate(n); }
void* operator new[](size_t n) { return allocate(n); }
void operator delete(void* p) noexcept { free(p); }
void operator delete(void* p, size_t) noexcept { free(p); }
void operator delete[](void* p) noexcept { free(p); }
void operator delete[](void* p, size_t) noexcept { free(p); }
extern "C" void __cxa_pure_virtual() { abort(); }

#ifdef __GLIBCXX__
namespace std {
__attribute__((noreturn)) void __throw_length_error(const char*) { abort(); }
__attribute__((noreturn)) void __throw_bad_alloc() { out_of_memory(); }
__attribute__((noreturn)) void __throw_bad_array_new_length() { abort(); }
__attribute__((noreturn)) void __throw_bad_function_call() { abort(); }
__attribute__((noreturn)) void __throw_out_of_range_fmt(const char*, ...) { abort(); }
__attribute__((noreturn)) void __glibcxx_assert_fail(const char* file, int, const char* where,
                                                     const char* what) noexcept {
  die(temporary, {"bug: ", file, ": ", where, ": ", what});
}
}  // namespace std
#endif
