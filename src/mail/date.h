// Dates as mail writes them, in UTC unless a zone is given.
#pragma once
#include "lib/buf.h"

struct CivilTime {
  int64_t year;
  int month, day, hour, minute, second;  // month 1..12, day 1..31
  int weekday;                           // 0: Sunday
};
CivilTime civil_time(int64_t unix_seconds);
Str month_name(int month);                  // "Jan" ..
Str weekday_name(int weekday);              // "Sun" ..
void append_clock(Buf&, const CivilTime&);  // "02:33:17"

// "21 Nov 2026 02:33:17 -0000", and the same without the zone.
void append_date(Buf&, int64_t unix_seconds);
void append_date_without_zone(Buf&, int64_t unix_seconds);

// "21 Nov 2026 11:33:17 +0900", in a zone that is so many seconds ahead of UTC;
// parts of a minute, which RFC 5322 section 3.3 cannot say, do not count.
void append_local_date(Buf&, int64_t unix_seconds, int64_t ahead);
