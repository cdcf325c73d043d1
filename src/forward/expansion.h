// What a forwarding database makes of an address: fastforward's decision, without
// doing anything of it (doc/man/fastforward.1).
#pragma once
#include <vector>

#include "forward/text_set.h"
#include "lib/cdb.h"

class Expansion {
 public:
  enum class Found : uint8_t {
    no,     // no instruction for the address
    yes,    // commands() and recipients() say what is to be done
    error,  // why() and cause(): something cannot be read
  };
  enum class Owner : uint8_t { counts, ignored };

  // name: of the database, for why().
  Expansion(Cdb& db, Str name) : db_(db), name_(name) {}

  // To be called once. Binary lists are read from files, which everybody must be
  // allowed to read.
  Found expand(Str address, Owner);

  const std::optional<Buf>& owner() const { return owner_; }      // becomes the sender
  const std::vector<Buf>& commands() const { return commands_; }  // with | or ! in front, in order
  const std::vector<Str>& recipients() const { return recipients_; }
  Str why() const { return why_; }
  Err cause() const { return cause_; }

 private:
  using Data = std::optional<Str>;
  bool find(char kind, Str target, Data&);
  bool find_for(char kind, Str address, Data&);
  bool take_commands(Str data);
  bool take(Str entry);
  bool take_list(Str name);
  bool fail(Err, std::initializer_list<Str> why);

  Cdb& db_;
  Str name_;
  Buf key_;
  std::optional<Buf> owner_;
  std::vector<Buf> commands_, to_do_, found_;
  std::vector<Str> recipients_;
  TextSet done_, targets_;
  Buf why_;
  Err cause_{0};
};
