#include "mail/commands.h"

static Request split(Str line) {
  size_t end = line.find(' ');
  Str verb = slice(line, 0, end), argument = slice(line, verb.size());
  while (!argument.empty() && argument[0] == ' ') argument.remove_prefix(1);
  return {Request::Form::good, verb, argument};
}

static Request judge(Str line, char last, bool cut, LineEnd ends) {
  if (last != '\r' && ends == LineEnd::crlf) return {Request::Form::bare_lf, {}, {}};
  if (cut) return {Request::Form::too_long, {}, {}};
  if (last == '\r') line.remove_suffix(1);
  if (line.size() > longest_command) return {Request::Form::too_long, {}, {}};
  if (line.find('\0') != Str::npos || line.find('\r') != Str::npos) return {Request::Form::forbidden_byte, {}, {}};
  return split(line);
}

Result<std::optional<Request>> read_command(Reader& in, Buf& line, LineEnd ends) {
  constexpr size_t room = longest_command + 1;  // with a CR
  line.clear();
  bool cut = false;
  char last = 0;  // of what stands before the LF
  for (;;) {
    Str ready = TRY(in.peek());
    if (ready.empty()) return std::optional<Request>();
    size_t at = ready.find('\n');
    Str part = slice(ready, 0, at);
    if (!part.empty()) last = part.back();
    if (part.size() > room - line.size()) cut = true;
    if (!line.try_append(slice(part, 0, room - line.size()))) return Err{ENOMEM};
    in.skip(part.size() + (at != Str::npos));
    if (at != Str::npos) return std::optional<Request>(judge(line, last, cut, ends));
  }
}
