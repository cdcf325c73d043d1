// Commands that a spawner reads.
#include "fuzz.h"
#include "mail/spawner_command.h"

extern const char program[];
const char program[] = "spawner_fuzz";

void fuzz(Str input) {
  CommandParser parser;
  while (!input.empty()) {
    if (!parser.feed(input)) break;
    const SpawnCommand& c = parser.command();
    hold(!c.to.empty() && c.to.size() <= SpawnCommand::most_recipients);
    hold(c.message.size() <= SpawnCommand::longest_message + 1);
    (void)parse_message_name(c.message);
  }
}
