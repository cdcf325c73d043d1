// The system's log, reached as syslog(3) does (RFC 3164 section 4.1): one
// datagram a line to /dev/log. Written out here because the time in front of a
// line must be local time, whatever C library the program is linked with.
#pragma once
#include "lib/buf.h"
#include "lib/sys.h"

class SystemLog {
 public:
  // tag must outlive this object. facility and severity are syslog's numbers.
  SystemLog(Str tag, unsigned facility) : tag_(tag), facility_(facility) {}

  // Sends one line, waiting for room. The log may have been started anew since
  // the last one; a line that nobody takes is lost.
  void write(unsigned severity, Str line);

 private:
  bool connect_anew();
  Str tag_;
  unsigned facility_;
  Fd socket_;
  Buf datagram_;
};
