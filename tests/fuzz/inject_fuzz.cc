// The header of a message for qmail-inject. What was rewritten must be a header again.
#include "fuzz.h"
#include "inject/header.h"

extern const char program[];
const char program[] = "inject_fuzz";

static bool read_header(Str text, Header& header, size_t max) {
  memory_input = text;
  char space[256];
  Reader in(-1, space, nullptr, read_memory);
  HeaderReader reader(in, max);
  Buf field;
  for (;;) {
    auto more = reader.next(field);
    if (!more.ok()) return false;
    if (!more.take()) return true;
    name_length(field);
    if (!header.add(field)) return false;
  }
}

void fuzz(Str input) {
  static const AddressRules rules = AddressRules::make("dh", "dd.test", "pd.test").take();
  Header header(rules, {.keep_for_followup = true});
  if (!read_header(input, header, 1 << 20) || header.malformed()) return;
  Header again(rules, {.keep_for_followup = true});
  // What qmail-inject adds: Resent-Bcc may have been all that made it a resent one.
  if (header.is_resent()) hold(again.add("Resent-Date: now\n"));
  hold(read_header(header.text(), again, SIZE_MAX));  // completed addresses are longer
  hold(!again.malformed());

  Buf plain, written;
  (void)append_argument(rules, slice(input, 0, 200), plain, &written);
}
