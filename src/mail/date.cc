#include "mail/date.h"

// Days are counted from 1 March of the year 0 of the proleptic Gregorian
// calendar, so that a leap day ends its year (400 years: 146,097 days).
CivilTime civil_time(int64_t t) {
  int64_t days = t / 86400, rest = t % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  CivilTime c{};
  c.hour = static_cast<int>(rest / 3600);
  c.minute = static_cast<int>(rest / 60 % 60);
  c.second = static_cast<int>(rest % 60);
  c.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);  // 1 January 1970: a Thursday

  days += 719468;  // from 1 March 0 to 1 January 1970
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153;  // 0: March
  c.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  c.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  c.year = year_of_era + era * 400 + (c.month <= 2);
  return c;
}

Str month_name(int month) {
  static constexpr Str names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return names[month - 1];
}
Str weekday_name(int weekday) {
  static constexpr Str names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return names[weekday];
}

void append_clock(Buf& out, const CivilTime& c) {
  out.append_padded(static_cast<uint64_t>(c.hour), 2);
  out.push(':');
  out.append_padded(static_cast<uint64_t>(c.minute), 2);
  out.push(':');
  out.append_padded(static_cast<uint64_t>(c.second), 2);
}

void append_date_without_zone(Buf& out, int64_t t) {
  CivilTime c = civil_time(t);
  out.append_number(static_cast<uint64_t>(c.day));
  out.add(" ", month_name(c.month), " ");
  out.append_number(static_cast<uint64_t>(c.year < 0 ? 0 : c.year));
  out.push(' ');
  append_clock(out, c);
}

void append_date(Buf& out, int64_t t) {
  append_date_without_zone(out, t);
  out.append(" -0000");
}

void append_local_date(Buf& out, int64_t t, int64_t ahead) {
  int64_t minutes = ahead / 60;
  append_date_without_zone(out, t + minutes * 60);
  out.append(minutes < 0 ? " -" : " +");
  auto shown = static_cast<uint64_t>(minutes < 0 ? -minutes : minutes);
  out.append_padded(shown / 60 * 100 + shown % 60, 4);
}
