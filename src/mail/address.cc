#include "mail/address.h"

Address split_address(Str s) {
  size_t at = s.rfind('@');
  if (at == Str::npos) return {s, Str(), false};
  return {slice(s, 0, at), slice(s, at + 1), true};
}

static bool needs_quotes(Str local) {
  if (local.empty() || local.front() == '.' || local.back() == '.' || local.find("..") != Str::npos) return true;
  for (char c : local)
    if (c <= ' ' || c == 127 || static_cast<unsigned char>(c) >= 128 || "\"(),:;<>@[\\]"sv.find(c) != Str::npos)
      return true;
  return false;
}

void append_quoted(Buf& out, Str address) {
  Address a = split_address(address);
  if (!a.has_host) return out.append(address);
  if (needs_quotes(a.local)) {
    out.push('"');
    for (char c : a.local) {
      if ("\r\n\"\\"sv.find(c) != Str::npos) out.push('\\');
      out.push(c);
    }
    out.push('"');
  } else {
    out.append(a.local);
  }
  out.add("@", a.host);
}

void make_one_line(Buf& out, size_t from) {
  for (size_t i = from; i < out.size(); ++i)
    if (out.data()[i] == '\n' || out.data()[i] == '\r') out.data()[i] = '_';
}
