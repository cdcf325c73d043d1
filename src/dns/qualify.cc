#include "dns/qualify.h"

#include "lib/env.h"
#include "lib/sys.h"

static constexpr Str blanks = " \t\r\n";

Qualification Qualification::from_domains(Str list) {
  Buf rules;
  Str head = "?:";
  while (!list.empty()) {
    size_t begin = list.find_first_not_of(blanks);
    list = slice(list, begin == Str::npos ? list.size() : begin);
    Str domain = slice(list, 0, list.find_first_of(blanks));
    list = slice(list, domain.size());
    while (domain.starts_with('.')) domain = slice(domain, 1);
    if (domain.empty()) continue;
    rules.add(head, "+.", domain);
    head = {};
  }
  if (!rules.empty()) rules.push('\n');
  rules.append("*.:\n");  // a dot at the end says that the name is whole
  return Qualification(std::move(rules));
}

static bool read_file(const char* fn, Buf& out) {
  constexpr size_t most = 65536;
  auto opened = open_read(fn);
  if (!opened.ok()) return false;
  Fd fd = opened.take();
  out.clear();
  return read_all(fd.get(), out, most).ok();
}

// What follows "search" or "domain" in the last such line.
static std::optional<Str> domains_of(Str resolv_conf) {
  std::optional<Str> found;
  while (!resolv_conf.empty()) {
    Str line = trim_left(take_until(resolv_conf, '\n'));
    for (Str word : {"search"sv, "domain"sv})
      if (line.starts_with(word) && line.size() > word.size() && is_blank(line[word.size()]))
        found = slice(line, word.size());
  }
  return found;
}

Qualification Qualification::from_system() {
  Buf text;
  const char* named = getenv("DNSREWRITEFILE");
  if (read_file(named ? named : "/etc/dnsrewrite", text)) return Qualification(std::move(text));
  if (auto domains = env("LOCALDOMAIN")) return from_domains(*domains);
  if (read_file("/etc/resolv.conf", text))
    if (auto domains = domains_of(text)) return from_domains(*domains);
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) == -1) return from_domains("");
  Str domain = host;
  take_until(domain, '.');
  return from_domains(domain);
}

// What a rule makes of name; nothing when it does not apply.
static bool apply_rule(Str rule, Buf& name) {
  if (rule.empty() || rule[0] == '#') return false;
  char kind = rule[0];
  Str to = slice(rule, 1);
  if (to.find(':') == Str::npos) return false;
  Str from = take_until(to, ':');
  Str whole = name;
  if (!whole.ends_with(from)) return false;
  Str head = slice(whole, 0, whole.size() - from.size());
  switch (kind) {
    case '=':
      if (!head.empty()) return false;
      break;
    case '-': head = {}; break;
    case '*': break;
    case '?':
      if (head.find_first_of(".[]") != Str::npos) return false;
      break;
    default: return false;
  }
  Buf changed;
  changed.add(head, to);
  name = std::move(changed);
  return true;
}

std::vector<Buf> Qualification::names_for(Str given) const {
  constexpr size_t longest = 1024;  // rules may let a name grow
  Buf name;
  name.append(given);
  Str rules = rules_;
  while (!rules.empty() && name.size() < longest) apply_rule(trim_right(take_until(rules, '\n')), name);

  // "head+.a+.b" stands for head.a and head.b.
  Str tail = name, head = take_until(tail, '+');
  std::vector<Buf> names;
  do {
    names.emplace_back();
    names.back().add(head, take_until(tail, '+'));
  } while (!tail.empty());
  return names;
}
