#include "send/settings.h"

Result<Settings> Settings::read(const Control& control, const char*& which) {
  uint64_t local = 10, remote = 20, lifetime = 604800;
  which = "concurrencylocal";
  TRY(control.number(which, local));
  which = "concurrencyremote";
  TRY(control.number(which, remote));
  which = "queuelifetime";
  TRY(control.number(which, lifetime));
  Router router = TRY(Router::read(control, which));
  return Settings{std::move(router), {local, remote}, lifetime};
}
