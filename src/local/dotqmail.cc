#include "local/dotqmail.h"

#include "conf.h"

void set_dot_qmail_name(Buf& name, Str dash, Str ext) {
  name.set(".qmail"sv, dash);
  for (char c : ext) name.push(c == '.' ? ':' : lower(c));
}

static bool may_be_there(Err err) { return is_temporary(err) || err.code == EPERM || err.code == EACCES; }

// False: there is no such file.
static Result<bool> try_file(const Buf& name, DotQmail& out) {
  auto opened = open_read(name.c_str());  // never hangs on a FIFO
  if (!opened.ok()) {
    if (may_be_there(opened.error())) return opened.error();
    return false;
  }
  Fd file = opened.take();
  struct stat st = TRY(stat_of(file.get()));
  if (!S_ISREG(st.st_mode)) return false;
  out.name.set(name.view());
  if (st.st_mode & CONF_PATRN) {
    out.found = DotQmail::Found::writable;
    return true;
  }
  out.file = std::move(file);
  out.forward_only = st.st_mode & S_IXUSR;
  return true;
}

Result<DotQmail> find_dot_qmail(Str dash, Str ext, Buf& trying) {
  DotQmail d;
  set_dot_qmail_name(trying, dash, ext);
  Buf exact;
  exact.set(trying.view());
  d.found = DotQmail::Found::exact;
  if (TRY(try_file(trying, d))) {
    constexpr Str word = "default";
    if (exact.view().ends_with(word) && ext.size() >= word.size()) d.default_from = ext.size() - word.size();
    return d;
  }

  d.found = DotQmail::Found::catch_all;
  size_t fixed = exact.size() - ext.size();
  for (size_t n = ext.size() + 1; n-- > 0;) {
    if (n > 0 && ext[n - 1] != '-') continue;
    trying.set(slice(exact, 0, fixed + n), "default"sv);
    if (!TRY(try_file(trying, d))) continue;
    d.default_from = n;
    return d;
  }
  d.found = DotQmail::Found::missing;
  d.name = std::move(exact);
  return d;
}

Instruction parse_instruction(Str line) {
  using Kind = Instruction::Kind;
  line = trim_right(slice(line, 0, line.find('\0')));  // no path or command holds a NUL
  if (line.empty()) return {Kind::nothing, line};
  switch (line[0]) {
    case '#': return {Kind::comment, line};
    case '.':
    case '/': return {line.back() == '/' ? Kind::maildir : Kind::mbox, line};
    case '|': return {Kind::command, slice(line, 1)};
    case '&': return {Kind::forward, slice(line, 1)};
    case '+': return {line == "+list" ? Kind::list : Kind::comment, line};
    default: return {Kind::forward, line};
  }
}
