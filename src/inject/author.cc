#include "inject/author.h"

#include "inject/header.h"
#include "lib/env.h"

static Str first_of(std::initializer_list<const char*> variables, Str otherwise) {
  for (const char* v : variables)
    if (auto value = env(v)) return *value;
  return otherwise;
}

Author author_from_environment() {
  Author a;
  a.user = first_of({"QMAILUSER", "MAILUSER", "USER", "LOGNAME"}, "anonymous");
  a.host = first_of({"QMAILHOST", "MAILHOST"}, "");
  a.name = first_of({"QMAILNAME", "MAILNAME", "NAME"}, "");
  a.sender_user = first_of({"QMAILSUSER"}, a.user);
  a.sender_host = first_of({"QMAILSHOST"}, a.host);
  return a;
}

bool append_from(Buf& out, const AddressRules& rules, const Author& author, NameForm form) {
  Buf argument, plain, written;
  argument.set(author.user, "@", author.host);
  if (!append_argument(rules, argument, plain, &written)) return false;

  if (author.name.empty()) {
    out.append(written);
  } else if (form == NameForm::comment) {
    out.add(written, " ");
    append_comment(out, author.name);
  } else {
    append_quoted_string(out, author.name);
    out.add(" <", written, ">");
  }
  return true;
}

bool append_sender(Buf& out, const AddressRules& rules, const Author& author, const Verp& verp) {
  Buf argument;
  argument.set(author.sender_user);
  if (!verp.message.empty()) argument.add("-", verp.message);
  if (verp.recipient) argument.append("-");
  argument.add("@", author.sender_host);
  if (!append_argument(rules, argument, out)) return false;
  if (verp.recipient) out.append("-@[]");
  return true;
}
