// qmail-inject [ -nNaAhH ] [ -f sender ] [ recip ... ] -- complete a message and queue it.
//
// Message on descriptor 0. Recipients: -a the arguments, -h the header, -H both,
// -A (default) the arguments if there are any, else the header. -n prints the
// message instead of queueing it. The header is kept in memory, the body is not.
// Exit codes: 0 queued, 100 never possible, 111 try again later.
#include <signal.h>
#include <unistd.h>

#include "inject/author.h"
#include "inject/header.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/options.h"
#include "lib/time.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/instance.h"
#include "mail/queue_client.h"

const char program[] = "qmail-inject";

static constexpr size_t largest_header = size_t{64} << 20;

struct Arguments {
  enum class From : uint8_t { arguments, header, both, arguments_or_header };
  From recipients = From::arguments_or_header;
  bool print = false;
  std::optional<Str> sender;
  std::span<char* const> rest;

  bool counts() const { return recipients != From::header; }
  bool header_counts() const {
    return recipients == From::header || recipients == From::both ||
           (recipients == From::arguments_or_header && rest.empty());
  }
};

static Arguments read_arguments(int argc, char** argv) {
  Arguments a;
  Options options(argc, argv, "aAhHnNf:");
  while (char letter = options.next()) switch (letter) {
      case 'a': a.recipients = Arguments::From::arguments; break;
      case 'A': a.recipients = Arguments::From::arguments_or_header; break;
      case 'h': a.recipients = Arguments::From::header; break;
      case 'H': a.recipients = Arguments::From::both; break;
      case 'n': a.print = true; break;
      case 'N': a.print = false; break;
      case 'f': a.sender = options.value(); break;
      default: _exit(permanent);  // Options has said why
    }
  a.rest = std::span(options.rest(), static_cast<size_t>(options.rest_count()));
  return a;
}

// Letters of $QMAILINJECT.
static bool letter(char c) {
  auto letters = env("QMAILINJECT");
  return letters && letters->find(c) != Str::npos;
}

// The addresses of mailing lists in the file $QMAILMFTFILE.
static std::optional<Lines> read_lists() {
  auto name = env("QMAILMFTFILE");
  if (!name) return {};
  Buf text;
  auto fd = open_read(name->data());
  if (!fd.ok() && fd.error().code == ENOENT) return {};
  if (!fd.ok() || !read_all(fd.take().get(), text, largest_header).ok()) die(temporary, {"read error"});
  return Lines(std::move(text));
}

namespace {
struct Hosts {
  Buf defaulthost, defaultdomain, plusdomain, idhost;
};
}  // namespace

static Result<> read_hosts(Hosts& h) {
  auto opened = Control::open(instance_root());
  if (!opened.ok() && opened.error().code != ENOENT) return opened.error();
  std::optional<Control> control;
  if (opened.ok()) control.emplace(opened.take());
  const Control* c = control ? &*control : nullptr;
  TRY(read_host(c, "QMAILDEFAULTHOST", "defaulthost", h.defaulthost));
  TRY(read_host(c, "QMAILDEFAULTDOMAIN", "defaultdomain", h.defaultdomain));
  TRY(read_host(c, "QMAILPLUSDOMAIN", "plusdomain", h.plusdomain));
  return read_host(c, "QMAILIDHOST", "idhost", h.idhost);
}

static void need(bool parsed, Str address) {
  if (!parsed) die(permanent, {"unable to parse address: ", address});
}
static void need_field(bool parsed, Str field) {
  if (!parsed) die(permanent, {"unable to parse this line:\n", slice(field, 0, field.size() - 1)});
}

static void read_header(HeaderReader& reader, Header& header) {
  Buf field;
  for (;;) {
    auto more = reader.next(field);
    if (!more.ok() && more.error().code == EFBIG) die(permanent, {"header too large"});
    if (!more.ok()) die(temporary, {"read error"});
    if (!more.take()) return;
    need_field(header.add(field), field);
  }
}

// The moment and process that Message-ID and a sender for each message tell.
struct Moment {
  int64_t seconds = now_seconds();
  pid_t pid = getpid();
};

static void append_message_id(Buf& out, const Moment& now, Str idhost) {
  CivilTime c = civil_time(now.seconds);
  out.append("<");
  out.append_number(static_cast<uint64_t>(c.year));
  for (int part : {c.month, c.day, c.hour, c.minute, c.second}) out.append_padded(static_cast<uint64_t>(part), 2);
  out.add(".", Num(static_cast<uint64_t>(now.pid)), ".qmail@", idhost, ">");
}

// The fields that every message must have, before those it came with.
static void append_missing(Buf& out, const Header& header, const AddressRules& rules, const Author& author,
                           const Moment& now, Str idhost) {
  bool resent = header.is_resent();
  Str prefix = resent ? "Resent-" : "";
  if (!header.has(resent ? Field::resent_date : Field::date)) {
    out.add(prefix, "Date: ");
    append_date(out, now.seconds);
    out.push('\n');
  }
  if (!header.has(resent ? Field::resent_message_id : Field::message_id)) {
    out.add(prefix, "Message-ID: ");
    append_message_id(out, now, idhost);
    out.push('\n');
  }
  if (!header.has(resent ? Field::resent_from : Field::from)) {
    out.add(prefix, "From: ");
    need(append_from(out, rules, author, letter('c') ? NameForm::comment : NameForm::phrase), author.user);
    out.push('\n');
  }
  if (!header.has(resent ? Field::resent_to : Field::to) && !header.has(resent ? Field::resent_cc : Field::cc))
    out.add(prefix, "Cc: recipient list not shown: ;\n");
}

// -f, else the first Return-Path, else the author.
static void append_envelope_sender(Buf& out, const Arguments& arguments, const Header& header,
                                   const AddressRules& rules, const Author& author, const Moment& now) {
  if (arguments.sender) {
    if (!arguments.sender->empty()) need(append_argument(rules, *arguments.sender, out), *arguments.sender);
    return;
  }
  if (auto path = header.return_path()) {
    out.append(*path);
    if (letter('r') && !path->empty()) out.append("-@[]");
    return;
  }
  Verp verp;
  verp.recipient = letter('r');
  Buf message;
  message.set(Num(static_cast<uint64_t>(now.seconds)), ".", Num(static_cast<uint64_t>(now.pid)));
  if (letter('m')) verp.message = message;
  need(append_sender(out, rules, author, verp), author.sender_user);
}

// Where the message goes: into the queue, or to descriptor 1.
class Output {
 public:
  void open(bool print) {
    print_ = print;
    if (!print_ && !queue_.open().ok()) die(temporary, {"unable to run qmail-queue"});
  }
  void put(Str s) {
    if (print_)
      must(stdout_.put(s), {"write"});
    else
      queue_.put(s);
  }
  void close(Str sender, std::initializer_list<Str> recipients) {
    if (print_) return must(stdout_.flush(), {"write"});
    queue_.from(sender);
    for (Str list : recipients)
      while (!list.empty()) queue_.to(take_until(list, '\0'));
    Str text = queue_.close();
    if (!text.empty()) die(text[0] == 'D' ? permanent : temporary, {slice(text, 1)});
  }

 private:
  bool print_ = false;
  QueueClient queue_;
  char space_[8192];
  Writer stdout_{1, space_};
};

static void copy_body(Reader& in, const HeaderReader& header, Output& out) {
  if (header.end() != HeaderReader::End::none) out.put("\n");
  out.put(header.rest());
  char last = header.rest().empty() ? '\n' : header.rest().back();
  for (;;) {
    auto ready = in.peek();
    if (!ready.ok()) die(temporary, {"read error"});
    Str part = ready.take();
    if (part.empty()) break;
    out.put(part);
    last = part.back();
    in.skip(part.size());
  }
  if (last != '\n') out.put("\n");
}

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a queue that is gone is an error of write
  Arguments arguments = read_arguments(argc, argv);

  auto lists = read_lists();  // may be relative to where the user is
  if (!enter_root().ok()) die(temporary, {"internal bug"});
  Hosts hosts;
  must(read_hosts(hosts), {"read controls"});
  AddressRules rules =
      must(AddressRules::make(hosts.defaulthost, hosts.defaultdomain, hosts.plusdomain), {"read controls"});
  Author author = author_from_environment();
  Moment now;

  Buf recipients;
  if (arguments.counts())
    for (Str recipient : arguments.rest) {
      need(!recipient.empty() && append_argument(rules, recipient, recipients), recipient);
      recipients.push('\0');
    }

  static char space[16384];
  Reader in(0, space);
  HeaderReader reader(in, largest_header);
  Header header(rules, {.heed_return_path = !letter('s'),
                        .delete_from = letter('f'),
                        .delete_message_id = letter('i'),
                        .keep_for_followup = lists.has_value()});
  read_header(reader, header);
  // Without the field's recipients the message would go to others only, silently.
  if (arguments.header_counts())
    if (auto field = header.malformed()) need_field(false, *field);

  Buf sender, added;
  append_envelope_sender(sender, arguments, header, rules, author, now);
  if (arguments.print) {
    added.append("Return-Path: <");
    append_quoted(added, sender);
    added.append(">\n");
  }
  append_missing(added, header, rules, author, now, hosts.idhost);
  if (lists && !header.is_resent() && !header.has(Field::mail_followup_to)) append_followup(added, header, *lists);

  Output out;
  out.open(arguments.print);
  out.put(added);
  out.put(header.text());
  copy_body(in, reader, out);
  out.close(sender, {recipients, arguments.header_counts() ? header.recipients() : Str()});
}
