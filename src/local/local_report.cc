#include "local/local_report.h"

#include "lib/die.h"
#include "mail/spawner_command.h"

static constexpr size_t longest = 3000, kept_of_longer = 2966;
static constexpr Str too_long = "\nError report too long, sorry.\n";

std::array<Str, 3> local_report(std::optional<int> code, Str said) {
  if (!code) return {"Zqmail-local crashed.\n"};
  switch (*code) {
    case delivery_exit::bug: return {"ZInternal qmail-lspawn bug.\n"};
    case delivery_exit::root: return {"ZNot allowed to perform deliveries as root.\n"};
    case delivery_exit::nfs: return {"ZNFS failure in qmail-local.\n"};
    case delivery_exit::no_alias: return {"ZUnable to find alias user!\n"};
    case delivery_exit::bad_users: return {"ZTrouble reading users/cdb in qmail-lspawn.\n"};
    case delivery_exit::temporary_failure: return {"ZTemporary failure in qmail-lspawn.\n"};
    case delivery_exit::no_memory: return {"ZOut of memory in qmail-lspawn.\n"};
    case delivery_exit::cannot_run_now: return {"ZUnable to run qmail-local.\n"};
    case delivery_exit::cannot_run_getpw: return {"ZUnable to run qmail-getpw.\n"};
    case delivery_exit::cannot_run: return {"DUnable to run qmail-local.\n"};
    default: break;
  }
  Str letter = "D";
  if (*code == 0) letter = "K";
  if (*code == temporary || *code == 71 || *code == 74 || *code == 75) letter = "Z";
  said = slice(said, 0, said.find('\0'));
  // Of damage only qmail-lspawn speaks: that report would keep the message from
  // ever being given up.
  if (said == slice(report_of_damage, 1)) said = slice(said, 0, said.size() - 1);
  if (said.size() <= longest) return {letter, said};
  return {letter, slice(said, 0, kept_of_longer), too_long};
}
