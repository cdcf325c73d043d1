// sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ] -- qmail for programs that call sendmail.
//
// Becomes qmail-inject, with the message on descriptor 0; for -bs qmail-smtpd,
// for -bp or under the name mailq qmail-qread. Options that say how sendmail
// should work are accepted and ignored.
// Exit codes: those of what it becomes; 100 wrong usage, 111 it cannot be run.
#include "inject/sendmail_options.h"

#include <stdlib.h>

#include "lib/child.h"
#include "lib/die.h"
#include "lib/env.h"
#include "mail/address.h"
#include "mail/instance.h"

const char program[] = "sendmail";

static void set_variable(const char* name, const char* value) {
  if (setenv(name, value, 1) == -1) out_of_memory();
}

[[noreturn]] static void become_program(const char* name, std::vector<const char*> argv) {
  Buf path;
  path.set(Str(instance_root()), "/bin/", Str(name));
  argv.insert(argv.begin(), name);
  argv.push_back(nullptr);
  (void)exec_program(path.c_str(), argv.data());
  die(temporary, {"unable to run ", name});
}

[[noreturn]] static void speak_smtp() {
  // With PROTO, tcp-env or tcpserver has said who the client is.
  if (env("PROTO")) become_program("qmail-smtpd", {});
  set_variable("RELAYCLIENT", "");
  set_variable("DATABYTES", "0");
  set_variable("PROTO", "TCP");
  set_variable("TCPLOCALIP", "127.0.0.1");
  set_variable("TCPLOCALHOST", "localhost");
  set_variable("TCPREMOTEIP", "127.0.0.1");
  set_variable("TCPREMOTEHOST", "localhost");
  set_variable("TCPREMOTEINFO", "sendmail-bs");
  become_program("qmail-smtpd", {"-l"});
}

// From follows the sender.
static void set_author(Str sender) {
  if (sender.empty()) return;
  for (const char* v : {"QMAILNAME", "MAILNAME", "NAME", "QMAILHOST", "MAILHOST"}) unsetenv(v);
  Address address = split_address(sender);
  Buf user, host;
  user.set(address.local);
  set_variable("QMAILUSER", user.c_str());
  if (!address.has_host) return;
  host.set(address.host);
  set_variable("QMAILHOST", host.c_str());
}

[[noreturn]] static void inject(const SendmailCall& call) {
  if (call.sender) set_author(call.sender);
  if (call.name) set_variable("MAILNAME", call.name);
  std::vector<const char*> argv = {call.header_recipients ? "-H" : "-a"};
  if (call.sender) argv.insert(argv.end(), {"-f", call.sender});
  argv.push_back("--");
  for (char** recipient = call.recipients; *recipient; ++recipient) argv.push_back(*recipient);
  become_program("qmail-inject", std::move(argv));
}

int main(int argc, char** argv) {
  using Mode = SendmailCall::Mode;
  SendmailCall call = read_sendmail_options(argc, argv);
  switch (call.mode) {
    case Mode::deliver: inject(call);
    case Mode::smtp: speak_smtp();
    case Mode::list_queue: become_program("qmail-qread", {});
    case Mode::rebuild_aliases: die(permanent, {"please use fastforward/newaliases instead"});
    case Mode::run_queue: return 0;  // qmail-send does, always
    case Mode::usage: break;
  }
  if (call.illegal) say(2, {program, ": illegal option -- ", Str(&call.illegal, 1), "\n"});
  die_usage("sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]");
}
