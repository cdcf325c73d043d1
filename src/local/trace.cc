#include "local/trace.h"

#include "lib/io.h"
#include "mail/address.h"
#include "mail/mbox_file.h"

void set_trace_lines(TraceLines& t, Str recipient, Str sender, int64_t now) {
  t.delivered_to.set("Delivered-To: "sv, recipient);
  make_one_line(t.delivered_to);
  t.delivered_to.push('\n');

  t.return_path.set("Return-Path: <"sv);
  append_quoted(t.return_path, sender);
  make_one_line(t.return_path);
  t.return_path.append(">\n");

  t.from.clear();
  append_from_line(t.from, sender, now);
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
