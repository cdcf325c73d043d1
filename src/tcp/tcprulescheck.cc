// tcprulescheck RULES.CDB: shows what tcpserver would do with a client, by the
// very function that decides there. The client is told in the environment:
// TCPREMOTEIP (0.0.0.0 when unset), TCPREMOTEHOST, TCPREMOTEINFO.
// Exit: 0 shown, 100 usage, 111 the file cannot be read.
#include "lib/die.h"
#include "lib/env.h"
#include "lib/io.h"
#include "tcp/rules.h"

const char program[] = "tcprulescheck";

static char space[8192];

static Result<> show(Writer& out, const std::optional<Rule>& rule) {
  if (rule)
    TRY(out.put({"rule ", rule->key, ":\n"}));
  else
    TRY(out.put("default:\n"));
  Str data = rule ? rule->data : Str();
  while (auto instruction = take_instruction(data)) {
    if (instruction->kind == Instruction::Kind::deny) return out.put("deny connection\n");
    TRY(out.put({"set environment variable ", instruction->variable, "=", instruction->value, "\n"}));
  }
  return out.put("allow connection\n");
}

int main(int argc, char** argv) {
  if (argc != 2) die_usage("tcprulescheck rules.cdb");
  Client client{env("TCPREMOTEIP").value_or("0.0.0.0"), env("TCPREMOTEHOST"), env("TCPREMOTEINFO")};
  Cdb db = must(Cdb::open(argv[1]), {"read ", argv[1]});
  auto rule = must(find_rule(db, client), {"read ", argv[1]});
  Writer out(1, space);
  must(show(out, rule), {"write output"});
  must(out.flush(), {"write output"});
}
