// A queue that takes everything and keeps nothing, in place of the client of
// qmail-queue: what is put into it is checked. To be included by one file of a target.
#pragma once
#include "fuzz.h"
#include "mail/queue_client.h"

extern const bool from_anybody;  // the target says whether its clients are strangers
static size_t queue_state;       // 0 closed, 1 message, 2 envelope

Result<> QueueClient::open(QueueService*) {
  queue_state = 1;
  pid_ = 1;
  return {};
}
void QueueClient::put(Str text) {
  hold(queue_state == 1 || queue_state == 2);
  if (queue_state == 1 && !failed_) text_.append(text);
}
void QueueClient::from(Str sender) {
  hold(queue_state == 1 && (failed_ || sender.find('\0') == Str::npos));
  queue_state = 2;
}
void QueueClient::to(Str recipient) { hold(queue_state == 2 && (failed_ || recipient.find('\0') == Str::npos)); }
Str QueueClient::close() {
  // Whoever accepts a message from anybody must not have let these pass.
  if (from_anybody && !failed_ && queue_state == 2) {
    hold(text_.view().find('\0') == Str::npos);
    for (Str rest = text_;
         !rest.empty();) {  // a CR belongs to the end of a line, or QMTP is asked for lines as they are
      size_t cr = rest.find('\r');
      rest = slice(rest, cr == Str::npos ? cr : cr + 1);
      hold(cr == Str::npos || rest.starts_with('\n'));
    }
  }
  queue_state = 0;
  return failed_ ? "Zqq read error (#4.3.0)" : Str();
}
