#include "queue/queue_entry.h"

#include "mail/queue_files.h"

Result<QueueEntry> QueueEntry::open(uint64_t id) {
  Buf name, sender;
  set_message_name(name, id);
  Message message = TRY(Message::open(name.c_str(), id));
  char space[4096];
  EnvelopeWalk walk(message, space);
  auto record = TRY(walk.next());
  if (!record) return Err{EBADMSG};
  sender.set(record->address);

  Fd file;
  std::optional<int64_t> mtime;
  set_state_name(name, id);
  auto opened = open_read(name.c_str());
  if (opened.ok()) {
    file = opened.take();
    mtime = TRY(stat_of(file.get())).st_mtime;
  } else if (opened.error().code != ENOENT) {
    return opened.error();
  }
  MessageState state = TRY(MessageState::read(file.get(), message.trailer()));
  return QueueEntry{std::move(message), std::move(sender), std::move(state), std::move(file), mtime};
}
