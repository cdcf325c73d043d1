#include "lib/descriptors.h"

Result<> fill_standard_descriptors() {
  for (;;) {
    Fd null = TRY(owned(open("/dev/null", O_RDWR | O_CLOEXEC)));
    if (null.get() > 2) return {};
    TRY(set_inheritable(null.release()));
  }
}

Result<Fd> silence() {
  Fd errors(fcntl(2, F_DUPFD_CLOEXEC, 3));
  Fd null = TRY(open_write("/dev/null"));
  TRY(check(dup2(null.get(), 2)));
  return errors;
}
