#include "remote/transfer.h"

void TransferReport::part(char letter, std::initializer_list<Str> text) {
  parts_.push(letter);
  for (Str s : text) parts_.append(s);
  parts_.push('\0');
}

Buf TransferReport::with_reply(Str before, Str behind, Str said) const {
  Buf text;
  text.set(before, partner_, behind, "\nRemote host said: "sv, said);
  if (text.view().back() != '\n') text.push('\n');
  return text;
}

void TransferReport::lost(char letter, Loss loss) {
  part(letter, {"Connected to ", partner_, " but connection died. ",
                loss == Loss::perhaps_after ? "Possible duplicate! "sv : ""sv, "(#4.4.2)\n"});
}
