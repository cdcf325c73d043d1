// Modules of src/tcp: line ends in pieces, services, the order of addresses, names for lists, clients.
#include "check.h"
#include "lib/dial.h"
#include "tcp/blocklist.h"
#include "tcp/connection.h"
#include "tcp/line_ends.h"
#include "tcp/port.h"

// Every text of up to six bytes of these, cut in two places, against what is plain to see.
static void line_ends() {
  constexpr Str bytes = "\r\na";
  for (unsigned length = 0; length <= 6; ++length) {
    unsigned count = 1;
    for (unsigned i = 0; i < length; ++i) count *= 3;
    for (unsigned number = 0; number < count; ++number) {
      Buf text, added, completed, removed;
      for (unsigned i = 0, rest = number; i < length; ++i, rest /= 3) text.push(bytes[rest % 3]);
      Str s = text;
      for (size_t i = 0; i < s.size(); ++i) {
        bool behind_cr = i > 0 && s[i - 1] == '\r', before_lf = i + 1 < s.size() && s[i + 1] == '\n';
        if (s[i] == '\n') added.push('\r');
        added.push(s[i]);
        if (s[i] == '\n' && !behind_cr) completed.push('\r');
        completed.push(s[i]);
        if (s[i] != '\r' || !before_lf) removed.push(s[i]);
      }
      for (size_t first = 0; first <= s.size(); ++first) {
        for (size_t second = first; second <= s.size(); ++second) {
          CrCompleter completer;
          CrRemover remover;
          Buf with, complete, without;
          for (Str piece : {slice(s, 0, first), slice(s, first, second - first), slice(s, second)}) {
            append_with_cr(with, piece);
            completer.append(complete, piece);
            remover.append(without, piece);
          }
          remover.end(without);
          CHECK_EQ(with, added);
          CHECK_EQ(complete, completed);
          CHECK_EQ(without, removed);
        }
      }
    }
  }
}

static void services() {
  constexpr Str text =
      "# Network services\nsmtp\t\t25/tcp\t\tmail\nsmtp 26/udp\nmail 27/tcp # smtps\nbad tcp\nbad x/tcp\nbad "
      "65536/tcp\n"
      "\n#\nno 1/tcpx\nhttp 80/tcp www www-http\r\nlast 7/tcp";
  CHECK(find_service(text, "smtp") == 25);
  CHECK(find_service(text, "mail") == 25);
  CHECK(find_service(text, "www-http") == 80);
  CHECK(find_service(text, "last") == 7);
  for (Str none : {"smtps"sv, "bad"sv, "no"sv, ""sv, "#"sv, "SMTP"sv, "25/tcp"sv}) CHECK(!find_service(text, none));
  CHECK(find_port("65535") == 65535);
  CHECK(!find_port("65536"));
  CHECK(!find_port(""));
}

static Buf order(std::initializer_list<Str> texts) {
  std::vector<Ip> ips;
  for (Str text : texts) ips.push_back(*Ip::parse(text));
  Buf out;
  for (const Dialled& d : dial_order(ips, 25)) {
    if (!out.empty()) out.push(' ');
    d.to.ip.append_to(out);
    CHECK(d.to.port == 25);
  }
  return out;
}

static void order_of_addresses() {
  CHECK_EQ(order({}), "");
  CHECK_EQ(order({"1.1.1.1", "1.1.1.2"}), "1.1.1.1 1.1.1.2");
  CHECK_EQ(order({"1.1.1.1", "::1", "::2"}), "::1 1.1.1.1 ::2");
  CHECK_EQ(order({"1.1.1.1", "1.1.1.2", "1.1.1.3", "::1"}), "::1 1.1.1.1 1.1.1.2 1.1.1.3");
}

static Buf asked(Str ip, Str base) {
  Buf out;
  if (auto question = question_about(*Ip::parse(ip), {Blocklist::Kind::blocks, base})) question->name.append_to(out);
  return out;
}

static void names_for_lists() {
  CHECK_EQ(asked("192.0.2.7", "list.example"), "7.2.0.192.list.example");
  CHECK_EQ(asked("2001:db8::1", "l.x"), "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.l.x");
  CHECK_EQ(asked("192.0.2.7", ""), "");
  CHECK_EQ(asked("192.0.2.7", "a..b"), "");
  Buf longest;
  while (longest.size() < 189) longest.append("abcdefgh.");
  CHECK(!asked("::1", longest.view()).empty());  // 64 bytes and 189, with its end 254
  longest.append("a.b.c");
  CHECK(asked("::1", longest.view()).empty());
}

static bool one_client(Str a, Str b) { return client_of(*Ip::parse(a)) == client_of(*Ip::parse(b)); }

static void clients() {
  CHECK(one_client("192.0.2.7", "::ffff:192.0.2.7"));
  CHECK(!one_client("192.0.2.7", "192.0.2.6"));
  CHECK(one_client("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(!one_client("2001:db8:1:2::1", "2001:db8:1:3::1"));
}

int main() {
  line_ends();
  services();
  order_of_addresses();
  names_for_lists();
  clients();
  return failures != 0;
}
