// setforward data.cdb data.tmp -- make a forwarding database of the instructions
// on descriptor 0. Writes data.tmp and renames it to data.cdb; after an error
// data.cdb is as it was. Exit: 0 done, 100 a bad instruction or usage, 111 trouble
// with files.
#include "forward/entries.h"
#include "forward/instructions.h"
#include "forward/records.h"
#include "lib/io.h"
#include "lib/outcome.h"

const char program[] = "setforward";

static char space[65536];

// Adds one command: an owner is a record of its own, all else is gathered in data.
static Outcome add_command(CdbMaker& db, const InstructionParser& in, Buf& data, Str tmp) {
  Str command = in.command();
  if (command.empty()) return {};
  if (command[0] == '?') {
    Buf key;
    set_key(key, owner_of, in.target());
    TRY_TO(db.add(key, slice(command, 1)), {"write to ", tmp});
    return {};
  }
  bool bare = "&./|!"sv.find(command[0]) == Str::npos;
  if ((bare || command[0] == '&') && command.size() > longest_listed_address)
    return refused(permanent, {"line ", Num(in.line()), ": addresses over 800 bytes are not permitted"});
  if (bare) data.push('&');
  data.append(command);
  data.push('\0');
  return {};
}

static Outcome add_instructions(CdbMaker& db, Str tmp) {
  Reader input(0, space);
  InstructionParser in;
  Buf key, data;
  for (;;) {
    Str ready = TRY_TO(input.peek(), {"read input"});
    for (char c : ready) {
      auto event = in.take(c);
      if (event == InstructionParser::Event::none) continue;
      if (event == InstructionParser::Event::bad) return refused(permanent, {"line ", Num(in.line()), ": ", in.why()});
      if (Outcome o = add_command(db, in, data, tmp); o.code) return o;
      if (event != InstructionParser::Event::last || data.empty()) continue;
      set_key(key, commands_of, in.target());
      TRY_TO(db.add(key, data), {"write to ", tmp});
      data.clear();
    }
    if (ready.empty()) break;
    input.skip(ready.size());
  }
  if (in.finish() == InstructionParser::Event::bad)
    return refused(permanent, {"line ", Num(in.start()), ": ", in.why()});
  return {};
}

static Outcome make(const char* cdb, const char* tmp) {
  CdbMaker db = TRY_TO(CdbMaker::create(tmp), {"create ", tmp});
  if (Outcome o = add_instructions(db, tmp); o.code) return o;
  TRY_TO(db.write(), {"write to ", tmp});
  TRY_TO(db.publish(cdb), {"move ", tmp, " to ", cdb});
  return {};
}

int main(int argc, char** argv) {
  if (argc != 3) die_usage("setforward data.cdb data.tmp");
  die_unless_made(make(argv[1], argv[2]));
}
