#include "inject/sendmail_options.h"

// Options with a value, joined to the letter or the next argument; and those
// whose value, if any, is joined.
static constexpr Str with_value = "ABCDFLNOTRVXbefhopr";
static constexpr Str with_joined_value = "EJQdq";
static constexpr Str alone = "GIUcimnstvx";

static Str base_name(Str path) { return slice(path, path.rfind('/') + 1); }

// <address> as address: some callers pass it as it stands in SMTP.
static const char* without_brackets(char* s) {
  Str whole = s;
  if (whole.size() < 2 || whole.front() != '<' || whole.back() != '>') return s;
  s[whole.size() - 1] = 0;
  return s + 1;
}

static SendmailCall::Mode mode_of(Str b) {
  using Mode = SendmailCall::Mode;
  if (b == "m") return Mode::deliver;
  if (b == "s") return Mode::smtp;
  if (b == "p") return Mode::list_queue;
  if (b == "i") return Mode::rebuild_aliases;
  return Mode::usage;  // a daemon, a test of addresses: no mail is meant
}

SendmailCall read_sendmail_options(int argc, char** argv) {
  using Mode = SendmailCall::Mode;
  SendmailCall call;
  bool run_queue = false;
  int at = 1;
  auto apply = [&](char letter, char* value) {
    switch (letter) {
      case 'b':
        if (call.mode != Mode::usage) call.mode = mode_of(value);
        break;
      case 'f':
      case 'r': call.sender = without_brackets(value); break;
      case 'F': call.name = value; break;
      case 'I': call.mode = Mode::rebuild_aliases; break;
      case 'q': run_queue = true; break;
      case 't': call.header_recipients = true; break;
      default: break;  // says how to deliver, or how to report: not for a caller to choose here
    }
  };
  auto refuse = [&](char letter) {
    call.mode = Mode::usage;
    call.illegal = letter;
    return call;
  };

  for (; at < argc && argv[at][0] == '-' && argv[at][1]; ++at) {
    if (Str(argv[at]) == "--") {
      ++at;
      break;
    }
    for (char* p = argv[at] + 1; *p;) {
      char letter = *p++;
      if (alone.find(letter) != Str::npos) {
        apply(letter, p);
        continue;
      }
      if (with_joined_value.find(letter) != Str::npos) {
        apply(letter, p);
        break;
      }
      if (with_value.find(letter) == Str::npos) return refuse(letter);
      if (!*p && ++at >= argc) return refuse(letter);
      apply(letter, *p ? p : argv[at]);
      break;
    }
  }
  call.recipients = argv + at;
  Str name = base_name(argc > 0 ? argv[0] : "");
  if (name == "mailq") call.mode = Mode::list_queue;
  if (name == "newaliases") call.mode = Mode::rebuild_aliases;
  if (run_queue && call.mode == Mode::deliver && !call.header_recipients && at >= argc) call.mode = Mode::run_queue;
  return call;
}
