#include "inject/sendmail_options.h"

#include "check.h"
using Mode = SendmailCall::Mode;

// What a command line, its words set apart by blanks, means: the mode's number, t
// for -t, then sender, name and recipients, each behind a bar.
static Buf meaning(Str line) {
  Buf text;
  text.set(line);
  std::vector<char*> argv;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 0 || text.data()[i - 1] == 0) argv.push_back(text.data() + i);
    if (text.data()[i] == ' ') text.data()[i] = 0;
  }
  if (line.ends_with(' ')) argv.push_back(text.data() + text.size());
  argv.push_back(nullptr);
  SendmailCall call = read_sendmail_options(static_cast<int>(argv.size()) - 1, argv.data());
  Buf out;
  out.append_number(static_cast<uint64_t>(call.mode));
  if (call.mode == Mode::usage) return std::move(out.add(Str(&call.illegal, call.illegal ? 1 : 0)));
  if (call.header_recipients) out.push('t');
  if (call.sender) out.add("|f=", call.sender);
  if (call.name) out.add("|F=", call.name);
  for (char** r = call.recipients; *r; ++r) out.add("|", *r);
  return out;
}

int main() {
  CHECK_EQ(meaning("sendmail"), "0");
  CHECK_EQ(meaning("sendmail a b"), "0|a|b");
  CHECK_EQ(meaning("sendmail a -t"), "0|a|-t");
  CHECK_EQ(meaning("sendmail -t"), "0t");
  CHECK_EQ(meaning("sendmail -ti a"), "0t|a");
  CHECK_EQ(meaning("sendmail -i -f me@x -F Me a"), "0|f=me@x|F=Me|a");
  CHECK_EQ(meaning("sendmail -fme@x -FMe a"), "0|f=me@x|F=Me|a");
  CHECK_EQ(meaning("sendmail -tfme@x"), "0t|f=me@x");
  CHECK_EQ(meaning("sendmail -r me@x a"), "0|f=me@x|a");
  CHECK_EQ(meaning("sendmail -f <> a"), "0|f=|a");
  CHECK_EQ(meaning("sendmail -f<me@x> a"), "0|f=me@x|a");
  CHECK_EQ(meaning("sendmail -f "), "0|f=");
  CHECK_EQ(meaning("sendmail -- -t"), "0|-t");
  CHECK_EQ(meaning("sendmail -t --"), "0t");
  CHECK_EQ(meaning("sendmail -t -"), "0t|-");

  // What cron, mutt, git, PHP and others pass.
  CHECK_EQ(meaning("sendmail -i -FCronDaemon -B8BITMIME -oem root"), "0|F=CronDaemon|root");
  CHECK_EQ(meaning("sendmail -oem -oi -f me@x -- a b"), "0|f=me@x|a|b");
  CHECK_EQ(meaning("sendmail -t -oi -oem -om -odb -odi -odq -o7"), "0t");
  CHECK_EQ(meaning("sendmail -o i -e m -v -m -n -U -G -x -s -c a"), "0|a");
  CHECK_EQ(meaning("sendmail -N dsn -R ret -V id -h 3 -C file -L tag -A c -O Opt=val -X log -p TCP -D log -T 3 a"),
           "0|a");
  CHECK_EQ(meaning("sendmail -Nnever -Rhdrs -Vid -h3 -Cfile -Ltag -Am -OOpt=val -Xlog -pTCP -d0.1 -E -Ex -J -Jx a"),
           "0|a");
  CHECK_EQ(meaning("sendmail -bm a"), "0|a");
  CHECK_EQ(meaning("sendmail -b m a"), "0|a");

  CHECK_EQ(meaning("sendmail -bs"), "1");
  CHECK_EQ(meaning("sendmail -bp"), "2");
  CHECK_EQ(meaning("mailq"), "2");
  CHECK_EQ(meaning("/usr/bin/mailq -v"), "2");
  CHECK_EQ(meaning("newaliases"), "3");
  CHECK_EQ(meaning("/usr/bin/newaliases"), "3");
  CHECK_EQ(meaning("sendmail -bi"), "3");
  CHECK_EQ(meaning("sendmail -I"), "3");
  CHECK_EQ(meaning("sendmail -q"), "4");
  CHECK_EQ(meaning("sendmail -q15m"), "4");
  CHECK_EQ(meaning("sendmail -q -t"), "0t");
  CHECK_EQ(meaning("sendmail -q a"), "0|a");

  for (Str usage : {"sendmail -bd", "sendmail -bd -q15m", "sendmail -bt", "sendmail -bv a", "sendmail -bD",
                    "sendmail -bh", "sendmail -ba", "sendmail -bd -bm", "sendmail -bss", "sendmail -b "})
    CHECK_EQ(meaning(usage), "5");
  CHECK_EQ(meaning("sendmail -Z a"), "5Z");
  CHECK_EQ(meaning("sendmail -tZ"), "5Z");
  CHECK_EQ(meaning("sendmail -f"), "5f");
  return failures != 0;
}
