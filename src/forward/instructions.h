// The table of forwarding instructions that setforward reads and printforward
// prints (doc/man/setforward.1): TARGET : COMMAND , COMMAND ... ;
#pragma once
#include "lib/buf.h"

class InstructionParser {
 public:
  enum class Event : uint8_t {
    none,
    command,  // command() is complete, and more may follow for target()
    last,     // the same, and the instruction ends with it
    bad,      // why() says what is wrong
  };

  Event take(char);
  Event finish();  // at the end of the input: none or bad

  Str target() const { return target_; }    // in lower case
  Str command() const { return command_; }  // empty where nothing stands
  Str why() const { return why_; }
  uint64_t line() const { return line_; }    // that is being read
  uint64_t start() const { return start_; }  // where the instruction begins

 private:
  enum class Escape : uint8_t { none, backslash, comment };
  Event add(char);
  Event refuse(Str why);

  Buf target_, command_;
  bool in_commands_ = false, ended_ = false;
  Escape escape_ = Escape::none;
  Str why_;
  uint64_t line_ = 1, start_ = 1;
};

// Appends a target or command as setforward reads it back.
void append_escaped(Buf&, Str);
