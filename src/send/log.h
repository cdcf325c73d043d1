// The activity record of qmail-send (doc/man/qmail-log.5). Lines gather and are
// written once a turn of the loop.
#pragma once
#include <initializer_list>

#include "lib/buf.h"

class Log {
 public:
  void set_fd(int fd) { fd_ = fd; }
  void line(std::initializer_list<Str> parts);

  // The same, with text that others chose at the end: its line ends become / and
  // whatever is no visible ASCII becomes _.
  void line_with(std::initializer_list<Str> parts, Str foreign);
  void flush();  // waits for the logger; what it does not take is lost

 private:
  int fd_ = -1;
  Buf pending_;
};

// Appends s as a log line may hold it.
void append_safe(Buf&, Str);
