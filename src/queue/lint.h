// Looks at every file of a queue, says what is wrong, and mends what can be. What
// each finding means is in doc/man/qmail-qlint.8. Runs in queue/, on a live one too:
// a file that comes or goes meanwhile is no trouble.
#pragma once
#include <vector>

#include "lib/io.h"
#include "mail/message.h"
#include "mail/queue_layout.h"

class Lint {
 public:
  enum class Mend : uint8_t {
    nothing,
    safe,  // owners, modes and abandoned files: what a running qmail-send does not mind
    all,
  };
  // is_live: qmail-send runs.
  Lint(const Roles& roles, Mend mend, bool is_live, Writer& out)
      : roles_(roles), mend_(mend), is_live_(is_live), out_(out) {}

  // An Err is that of a directory that cannot be looked through, or of out; where
  // is then set to its name.
  Result<> look(Buf& where);

  uint64_t messages() const { return messages_; }
  uint64_t sound() const { return sound_; }
  uint64_t troubles() const { return troubles_; }  // mended ones too
  uint64_t mended() const { return mended_; }

 private:
  struct Want {
    mode_t type;  // S_IFREG, ...
    uid_t owner;
    mode_t mode;
    bool our_group;
  };
  // One line: queue/NAME: WHAT, and with done: what was done about it.
  void found(Str name, Str what, Str done = {});
  bool may(Mend needed) const { return mend_ >= needed; }
  bool check_owner(const char* name, const struct stat&, const Want&);
  bool mend_owner(const char* name, const Want&) const;
  void check_place(const char* name, const Want&);
  void check_places();

  Result<> look_through(const char* dir, void (Lint::*each)(const char* name, Str file));
  void in_root(const char* name, Str file);
  void in_lock(const char* name, Str file);
  void in_tmp(const char* name, Str file);
  void in_copy(const char* name, Str file);
  void in_bad(const char* name, Str file);
  void in_import(const char* name, Str file);
  void in_mess(const char* name, Str file);
  void in_state(const char* name, Str file);
  void check_abandoned(const char* name);

  enum class Verdict : uint8_t { sound, trouble, gone };
  Verdict check_message(const char* name, uint64_t id);
  void count(Verdict);
  bool check_state(uint64_t id, const Trailer&);
  void damaged(const char* name, uint64_t id, Str what);
  void orphan(const char* name, uint64_t id);
  void check_orphans();

  const Roles& roles_;
  Mend mend_;
  bool is_live_;
  Writer& out_;
  Result<> trouble_writing_;
  uint64_t split_ = 0;             // whose directories are looked through
  std::vector<uint64_t> here_;     // messages of that split, sorted once all are known
  std::vector<uint64_t> orphans_;  // states without a message, when last looked at
  uint64_t messages_ = 0, sound_ = 0, troubles_ = 0, mended_ = 0;
};
