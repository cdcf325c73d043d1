#include "admin/first_controls.h"

#include "lib/replace.h"

bool can_be_host(Str name) {
  for (char c : name)
    if (!is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'z') && c != '.' && c != '-' && c != '_') return false;
  return !name.empty() && !name.starts_with('-') && !name.starts_with('.');
}

static Str last_labels(Str name, size_t dots_wanted) {
  for (size_t at = name.size(); at-- > 0;)
    if (name[at] == '.' && dots_wanted-- == 0) return slice(name, at + 1);
  return name;
}

std::array<FirstControl, 3> first_controls(Str name) {
  Str domain = name;
  take_until(domain, '.');
  if (domain.find('.') == Str::npos) domain = name;
  return {{{"control/me", name}, {"control/defaultdomain", domain}, {"control/plusdomain", last_labels(name, 1)}}};
}

Result<> write_control(const char* file, Str text) {
  Buf lines;
  lines.set(text);
  if (!text.ends_with('\n')) lines.push('\n');
  return replace_file(file, lines, 0644);
}

static constexpr size_t largest_list = size_t{1} << 30;

Result<> add_to_control(const char* file, Str line) {
  Buf text;
  auto fd = open_read(file);
  if (!fd.ok() && fd.error().code != ENOENT) return fd.error();
  if (fd.ok()) TRY(read_all(fd.take().get(), text, largest_list));
  for (Str rest = text; !rest.empty();)
    if (trim_right(take_until(rest, '\n')) == line) return {};
  if (!text.empty() && !text.view().ends_with('\n')) text.push('\n');
  return write_control(file, text.add(line));
}

Result<> copy_control(const char* from, const char* to) {
  Buf text;
  Fd fd = TRY(open_read(from));
  TRY(read_all(fd.get(), text, largest_list));
  return write_control(to, text);
}
