// What a local delivery's end means (doc/man/qmail-lspawn.8).
#pragma once
#include <array>

#include <optional>

#include "lib/str.h"

// Exit codes with which a delivery ends that never got to qmail-local.
namespace delivery_exit {
enum : int {
  bug = 112,
  root = 113,
  nfs = 115,
  no_alias = 116,
  bad_users = 117,
  temporary_failure = 118,
  no_memory = 119,
  cannot_run_now = 120,
  cannot_run_getpw = 121,
  cannot_run = 126,
};
}

// So much of what a delivery says is worth keeping.
inline constexpr size_t most_report = 3001;

// The report in parts, letter first: of a program that said this and ended with
// code, or by a signal when there is none.
std::array<Str, 3> local_report(std::optional<int> code, Str said);
