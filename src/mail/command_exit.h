// What the exit code of a program that a delivery runs means
// (doc/man/qmail-command.8). 0 is success; 99, where it is known, too.
#pragma once

// Will the program fail again, whenever it is tried? Any other failure is temporary.
constexpr bool is_permanent_exit(int code) {
  for (int permanent : {100, 64, 65, 70, 76, 77, 78, 112})
    if (code == permanent) return true;
  return false;
}
