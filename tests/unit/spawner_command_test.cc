#include "mail/spawner_command.h"
#include "check.h"

static Buf le(uint32_t n) {
  Buf b;
  append_le(b, n);
  return b;
}

static void check_one(const SpawnCommand& c) {
  CHECK_EQ(c.message, "3/57");
  CHECK_EQ(c.sender, "s@h");
  CHECK(c.to.size() == 3);
  CHECK(c.to[0].number == 7 && c.to[1].number == 0xfffffffe && c.to[2].number == 0);
  CHECK_EQ(c.to[0].address, "a@x");
  CHECK_EQ(c.to[1].address, "");
  CHECK_EQ(c.to[2].address, "c@x");
  CHECK(c.surplus.empty());
}

int main() {
  Buf in;
  in.set(le(7), "3/57\0s@h\0a@x\0"sv, le(2), le(0xfffffffe), "\0"sv, le(0), "c@x\0"sv);
  Buf one;
  one.set(le(1), "0/1\0\0r@y\0"sv, le(0));
  Buf all;
  all.set(in, one, in);

  // Whatever the pieces, the commands are the same.
  for (size_t piece = 1; piece <= all.size(); ++piece) {
    CommandParser p;
    int complete = 0;
    for (Str rest = all; !rest.empty();) {
      Str part = slice(rest, 0, piece);
      rest = slice(rest, piece);
      while (!part.empty())
        if (p.feed(part)) {
          SpawnCommand& c = p.command();
          if (++complete != 2) {
            check_one(c);
          } else {
            CHECK(c.to.size() == 1 && c.to[0].number == 1);
            CHECK_EQ(c.message, "0/1");
            CHECK_EQ(c.sender, "");
            CHECK_EQ(c.to[0].address, "r@y");
          }
        }
    }
    CHECK(complete == 3);
  }

  // What is too long is cut, one byte beyond the limit, and does not disturb what follows.
  Buf longest;
  for (size_t i = 0; i < 10000; ++i) longest.push('9');
  Buf big;
  big.set(le(1), longest, "\0"sv, longest, "\0"sv, longest, "\0"sv, le(0), one);
  CommandParser p;
  Str rest = big;
  CHECK(p.feed(rest));
  CHECK(p.command().message.size() == SpawnCommand::longest_message + 1);
  CHECK(p.command().sender.size() == SpawnCommand::longest_address + 1);
  CHECK(p.command().to[0].address.size() == SpawnCommand::longest_address + 1);
  CHECK(p.feed(rest));
  CHECK_EQ(p.command().message, "0/1");
  CHECK(rest.empty());

  // A hundred recipients are kept, of the others the numbers.
  Buf many;
  many.set(le(0), "1/24\0s\0r0@x\0"sv, le(149));
  for (uint32_t i = 1; i < 150; ++i) many.add(le(i), "r@x\0"sv);
  rest = many;
  CHECK(p.feed(rest));
  CHECK(p.command().to.size() == 100 && p.command().to[99].number == 99);
  CHECK(p.command().surplus.size() == 50 && p.command().surplus[0] == 100);

  CHECK(parse_message_name("3/57")->split == 3);
  CHECK(parse_message_name("3/57")->id == 57);
  for (Str bad : {""sv, "/"sv, "57"sv, "/57"sv, "3/"sv, "3//57"sv, "3/5/7"sv, "../57"sv, "3/../57"sv, "3/57 "sv,
                  "-3/57"sv, "3/0"sv, "3/057"sv, "a/57"sv, "3/99999999999999999999"sv, "3/57\0"sv})
    CHECK(!parse_message_name(bad));
  return failures != 0;
}
