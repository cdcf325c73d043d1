#include "tcp/line_ends.h"

void append_with_cr(Buf& out, Str piece) {
  for (size_t at; (at = piece.find('\n')) != Str::npos; piece = slice(piece, at + 1))
    out.add(slice(piece, 0, at), "\r\n");
  out.append(piece);
}

void CrCompleter::append(Buf& out, Str piece) {
  for (size_t at; (at = piece.find('\n')) != Str::npos; piece = slice(piece, at + 1)) {
    if (at) last_ = piece[at - 1];
    out.add(slice(piece, 0, at), last_ == '\r' ? "\n" : "\r\n");
    last_ = '\n';
  }
  out.append(piece);
  if (!piece.empty()) last_ = piece.back();
}

void CrRemover::append(Buf& out, Str piece) {
  if (piece.empty()) return;
  if (held_ && piece[0] != '\n') out.push('\r');
  held_ = piece.back() == '\r';
  if (held_) piece.remove_suffix(1);
  for (size_t at; (at = piece.find("\r\n")) != Str::npos; piece = slice(piece, at + 1)) out.append(slice(piece, 0, at));
  out.append(piece);
}

void CrRemover::end(Buf& out) {
  if (held_) out.push('\r');
  held_ = false;
}
