// qsmhook [ -DFlMmnPs ] [ -x prefix ] cmd [ arg ... ] -- run a mailer made for sendmail
// on a message. In a dot-qmail file: |qsmhook -x uucp- uux - -r %h!rmail '(%u)'
// cmd gets $UFLINE, $RPLINE with -P, $DTLINE with -l, and then our descriptor 0; -n
// leaves out $UFLINE; -D, -F, -M, -m and -s are for sendmail's sake. In the
// arguments %g is $SENDER, %h $HOST, %u $LOCAL without prefix, %% a percent sign.
// Exits as cmd does; 100 or 111 when it cannot be run.
#include <vector>

#include "lib/buf.h"
#include "lib/die.h"
#include "lib/env.h"
#include "lib/feed.h"
#include "lib/options.h"

const char program[] = "qsmhook";

[[noreturn]] static void usage() { die(permanent, {"incorrect usage"}); }

static Str needed(const char* variable) {
  auto value = env(variable);
  if (!value) usage();
  return *value;
}

struct Values {
  Str sender, host, local;
};

static Buf expanded(Str arg, const Values& v) {
  Buf out;
  for (; !arg.empty(); arg = slice(arg, 1)) {
    char letter = arg[0] == '%' && arg.size() > 1 ? arg[1] : 0;
    switch (letter) {
      case 'g': out.append(v.sender); break;
      case 'h': out.append(v.host); break;
      case 'u': out.append(v.local); break;
      case '%': out.push('%'); break;
      default: out.push(arg[0]); continue;
    }
    arg = slice(arg, 1);
  }
  return out;
}

int main(int argc, char** argv) {
  Str from = needed("UFLINE"), return_path = needed("RPLINE"), delivered_to = needed("DTLINE");
  Values values{needed("SENDER"), needed("HOST"), needed("LOCAL")};
  Str front[] = {from, {}, {}};

  Options options(argc, argv, "DFlMmnPsx:");
  while (char letter = options.next()) {
    switch (letter) {
      case 'D':
      case 'F':
      case 'M':
      case 'm':
      case 's': break;
      case 'l': front[2] = delivered_to; break;
      case 'n': front[0] = {}; break;
      case 'P': front[1] = return_path; break;
      case 'x':
        if (starts_nocase(values.local, options.value()))
          values.local = slice(values.local, Str(options.value()).size());
        break;
      default: usage();
    }
  }
  if (options.rest_count() == 0) usage();

  std::vector<Buf> texts;
  texts.reserve(static_cast<size_t>(options.rest_count()));
  for (char** arg = options.rest(); *arg; ++arg) texts.push_back(expanded(*arg, values));
  std::vector<const char*> command(texts.size() + 1);
  for (size_t i = 0; i < texts.size(); ++i) command[i] = texts[i].c_str();

  Fed fed = feed_command(command.data(), front);
  switch (fed.kind) {
    case Fed::Kind::ended: return fed.code;
    case Fed::Kind::no_start:
      if (!is_temporary(fed.why)) die(permanent, {"command not found"});
      break;
    case Fed::Kind::no_input: die(temporary, {"unable to read message"});
    case Fed::Kind::no_pipe:
    case Fed::Kind::crashed: break;
  }
  die(temporary, {"temporary problem"});
}
