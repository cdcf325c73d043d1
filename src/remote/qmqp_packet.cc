#include "remote/qmqp_packet.h"

#include <string.h>

#include "lib/io.h"
#include "mail/address.h"
#include "mail/netstring.h"

using Trouble = QmqpPacket::Trouble;

static char space[65536];

Trouble QmqpPacket::store(Str s) { return write_all(file_.get(), s).ok() ? Trouble::none : Trouble::no_memory; }

Trouble QmqpPacket::gather_message(int fd) {
  for (;;) {
    ssize_t n = ::read(fd, space, sizeof space);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) return Trouble::cannot_read;
    if (n == 0) return Trouble::none;
    text_size_ += static_cast<size_t>(n);
    if (text_size_ > longest_netstring) return Trouble::too_long;
    if (auto t = store(Str(space, static_cast<size_t>(n))); t != Trouble::none) return t;
  }
}

// The same form as qmail-queue takes: F sender NUL, T recipient NUL ..., NUL.
Trouble QmqpPacket::gather_envelope(int fd) {
  Reader in(fd, space);
  Buf record, out;
  out.append(","sv);  // of the message
  for (char kind = 'F';; kind = 'T') {
    bool cut = false;
    auto got = in.get_until(record, '\0', longest_address + 1, &cut);
    if (!got.ok() || !got.take()) return Trouble::cannot_read;
    bool end = record.empty() && kind == 'T';
    if (!end) {
      if (record.empty() || record.view()[0] != kind) return Trouble::bad_envelope;
      if (cut) return Trouble::address_too_long;
      append_netstring(out, slice(record, 1));
    }
    tail_size_ += out.size();
    if (tail_size_ > longest_netstring) return Trouble::too_long;
    if (auto t = store(out); t != Trouble::none || end) return t;
    out.clear();
  }
}

Trouble QmqpPacket::gather(int message, int envelope) {
  auto file = make_memory_file("message");
  if (!file.ok()) return Trouble::no_memory;
  file_ = file.take();
  if (auto t = gather_message(message); t != Trouble::none) return t;
  if (auto t = gather_envelope(envelope); t != Trouble::none) return t;

  Buf inner;
  inner.append_number(text_size_);
  inner.push(':');
  uint64_t all = inner.size() + text_size_ + tail_size_;
  if (all > longest_netstring) return Trouble::too_long;
  head_.append_number(all);
  head_.add(":"sv, inner);
  return Trouble::none;
}

Result<size_t> QmqpPacket::read(uint64_t at, std::span<char> out) const {
  size_t n = 0;
  auto put = [&](Str s) {
    Str fits = slice(s, 0, out.size() - n);
    if (!fits.empty()) memcpy(out.data() + n, fits.data(), fits.size());
    n += fits.size();
    at += fits.size();
  };
  uint64_t stored = text_size_ + tail_size_;
  if (at < head_.size()) put(slice(head_, static_cast<size_t>(at)));
  while (n < out.size() && at < head_.size() + stored) {
    ssize_t got = pread(file_.get(), out.data() + n, out.size() - n, static_cast<off_t>(at - head_.size()));
    if (got == -1 && errno == EINTR) continue;
    if (got == -1) return Err::last();
    if (got == 0) return Err{EIO};
    n += static_cast<size_t>(got);
    at += static_cast<size_t>(got);
  }
  if (at == head_.size() + stored) put(",");
  return n;
}
