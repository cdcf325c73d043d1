#include "mail/forwarding.h"

Result<Str> forward_message(QueueClient& queue, int message, Str first_line, Str sender,
                            std::span<const Str> recipients) {
  static char space[65536];
  TRY(queue.open());
  queue.put(first_line);
  Reader in(message, space);
  for (;;) {
    auto piece = in.peek();
    if (!piece.ok()) {
      queue.fail();
      break;
    }
    Str text = piece.take();
    if (text.empty()) break;
    queue.put(text);
    in.skip(text.size());
  }
  queue.from(sender);
  for (Str recipient : recipients) queue.to(recipient);
  return queue.close();
}

Result<> rewind_message() {
  if (lseek(0, 0, SEEK_SET) == -1) return Err::last();
  return {};
}
