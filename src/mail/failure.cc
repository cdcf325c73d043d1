#include "mail/failure.h"

void append_failure(Buf& out, Str address, Str report) {
  out.push('<');
  for (char c : address) out.push(c == '\n' ? '_' : c);
  out.append(">:\n");
  size_t start = out.size();
  out.append(report);
  if (!report.empty() && report.back() != '\n') out.push('\n');
  for (size_t i = out.size() - 1; i-- > start;)
    if (out.data()[i] == '\n' && out.data()[i - 1] == '\n') out.data()[i] = '/';
  out.push('\n');
}
