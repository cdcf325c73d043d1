#include "local/trace.h"

#include "lib/io.h"
#include "mail/address.h"
#include "mail/date.h"

static void make_one_line(Buf& line) {
  for (size_t i = 0; i + 1 < line.size(); ++i)
    if (line.data()[i] == '\n') line.data()[i] = '_';
}

// As ctime writes it, in UTC: "Sat Nov 21 02:36:11 2026".
static void append_ctime(Buf& out, int64_t now) {
  CivilTime c = civil_time(now);
  out.add(weekday_name(c.weekday), " ", month_name(c.month), " ");
  out.append_padded(static_cast<uint64_t>(c.day), 2);
  out.push(' ');
  append_clock(out, c);
  out.push(' ');
  out.append_number(static_cast<uint64_t>(c.year < 0 ? 0 : c.year));
}

void set_trace_lines(TraceLines& t, Str recipient, Str sender, int64_t now) {
  t.delivered_to.set("Delivered-To: "sv, recipient, "\n"sv);
  make_one_line(t.delivered_to);

  t.return_path.set("Return-Path: <"sv);
  append_quoted(t.return_path, sender);
  t.return_path.append(">\n");
  make_one_line(t.return_path);

  t.from.set("From "sv);
  for (char c : sender.empty() ? "MAILER-DAEMON"sv : sender) t.from.push(is_blank(c) || c == '\n' ? '-' : c);
  t.from.push(' ');
  append_ctime(t.from, now);
  t.from.push('\n');
}

Result<bool> header_has(int message, Str line) {
  static char space[8192];
  Reader in(message, space);
  Str wanted = slice(line, 0, line.find('\n'));
  Buf field;
  for (;;) {
    bool whole = TRY(in.get_until(field, '\n', wanted.size() + 1));
    if (whole && field.empty()) return false;
    if (field.view() == wanted) return true;
    if (!whole) return false;
  }
}
