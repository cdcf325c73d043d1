// The messages of a Maildir (doc/man/maildir.5) as one POP3 session sees them:
// which there are and their order are found once, where each is as often as
// another reader renames it. All names are below the working directory.
#pragma once
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/sys.h"

struct ListedMessage {
  size_t path;  // where it begins in the list's text; MessageList::path has it
  uint64_t size;
  int64_t modified;  // nanoseconds since 1970
  ino_t inode;
  bool deleted;
};

class MessageList {
 public:
  MessageList() = default;
  MessageList(const MessageList&) = delete;
  ~MessageList();

  // Reads new/ and cur/: files last modified before that second, the oldest
  // first. ENOMEM, or whatever kept a directory or a file of it from being read.
  Result<> scan(int64_t before);

  size_t count() const { return count_; }
  ListedMessage& operator[](size_t i) { return messages_[i]; }

  const char* path(const ListedMessage& m) const { return text_.c_str() + m.path; }  // "new/X", "cur/X:2,S"
  Str unique(const ListedMessage&) const;  // "X": the same for the message's life

  // Of a message that another reader has renamed since, the new name is found
  // and kept. ENOENT: it is gone.
  Result<Fd> open(ListedMessage&);
  Result<> remove(ListedMessage&);

  // new/X becomes cur/X:2, unless there is a file of that name.
  Result<> move_to_cur(const ListedMessage&);

 private:
  Result<> read_folder(Str folder, int64_t before);
  Result<> add(Str folder, Str name, const struct stat&);
  Result<> look_again();
  Result<> find_in(Str folder);
  void found(size_t unique_at, Str unique, Str path);
  Result<> make_index();

  Buf text_;  // paths, each ended by a NUL
  ListedMessage* messages_ = nullptr;
  size_t count_ = 0, room_ = 0;
  size_t* by_unique_ = nullptr;  // indices of messages_, once another reader was seen at work
  int64_t looked_at_ = 0;        // when, and what the folders' times were, in nanoseconds
  int64_t new_time_ = 0, cur_time_ = 0;
};
