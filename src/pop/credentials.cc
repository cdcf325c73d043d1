#include "pop/credentials.h"

#include "lib/sys.h"

Result<Credentials> parse_credentials(Str said) {
  Credentials c;
  for (Buf* field : {&c.login, &c.password}) {
    if (said.find('\0') == Str::npos) return Err{EPROTO};
    field->set(take_until(said, '\0'));
  }
  return c;
}

Result<Credentials> read_credentials(int fd) {
  Fd in(fd);
  Buf said;
  TRY(read_all(in.get(), said, longest_credentials));
  return parse_credentials(said);
}
